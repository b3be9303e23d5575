/* A kernel as the programs here run it: one at a time, in the same memory. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <pintle/host.h>

#include "../board/board.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The limits of every kernel here, as far as one does not ask for less. */
extern const pintle_limits_t firmware_limits;
/** How many bytes a kernel with these limits takes. */
extern const size_t firmware_region;

/** A line for the log. */
typedef void firmware_log_t(void *context, uint32_t level, const char *instance, size_t instance_length,
                            const char *target, size_t target_length, const char *text, size_t text_length);

/** Starts a kernel, in the place of the one before. */
int32_t firmware_start(const pintle_limits_t *limits, firmware_log_t *log, pintle_core_t **core,
                       pintle_plugin_t **zero);

/** Ends a plugin, in as many turns as it takes, and fills its receipt. */
int32_t firmware_unload(pintle_core_t *core, pintle_instance_t instance, pintle_receipt_t *receipt);

/** Takes a turn, after an interrupt if nothing is due before. */
void firmware_turn(pintle_core_t *core);

/* The parts of the program. */

/** The scenario of the tests. */
void scenario(void);
/** Timers, driven by the board's clock. */
void timers(void);
/** The calls that an interrupt handler may make. */
void interrupts(void);
/** Every table is filled, and emptied again. */
void capacity(void);
/** A plugin that does everything wrong, beside one that does not. */
void misuse(void);
/** A dialogue over the serial line. */
void dialogue(void);
/** How much memory all of it took: the parts before used `stack` bytes of stack at most. */
void figures(size_t stack);

#ifdef __cplusplus
}
#endif

#endif
