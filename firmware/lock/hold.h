/* How long the kernel's lock is held, in instructions. */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdint.h>

/** Measures the rate of the counter and the cost of reading it. False: the counter does not count instructions. */
bool hold_begin(void);

/** For the platform: the board's own functions, with a look at the counter inside. */
void hold_lock(void *context);
void hold_unlock(void *context);

/** The most instructions between a lock and its unlock since the last call. */
uint32_t hold_most(void);

#endif
