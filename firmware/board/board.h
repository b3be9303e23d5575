/* The functions of a board that the programs here use. */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes to the console. */
void board_write(const char *text, size_t length);

/** Ends the program. */
void board_exit(int code) __attribute__((noreturn));

/** Nanoseconds since the start, from a timer that interrupts every millisecond. */
uint64_t board_now(void *context);

/** Interrupts off, until as many calls of board_unlock. */
void board_lock(void *context);
/** Undoes one call of board_lock. */
void board_unlock(void *context);

/** A counter that runs down while instructions are executed. The difference of two reads is what passed between them. */
uint32_t board_count(void);

/** Waits for an interrupt. One that came while interrupts were off ends the wait; it runs when they are on again. */
void board_wait(void);

/** Runs a handler in an interrupt. */
void board_interrupt(void (*handler)(void));

/** Has every byte that comes in on the serial line given to a handler, in an interrupt; NULL closes the line. */
void board_line_open(void (*handler)(uint8_t byte));
/** Writes to the serial line. */
void board_line_write(const uint8_t *bytes, size_t length);

/** Paints the stack below the caller. */
void board_stack_paint(void);
/** How many bytes below the caller were used since it was painted. */
size_t board_stack_used(void);

/** The program. */
int main(void);

#ifdef __cplusplus
}
#endif

#endif
