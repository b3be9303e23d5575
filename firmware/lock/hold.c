#include "hold.h"

#include "../board/board.h"

/** The number of instructions that are executed to measure the rate of the counter. */
#define SAMPLE 1000

static uint32_t began;
static uint32_t most;
/** How far the counter runs during SAMPLE instructions. */
static uint32_t rate = 1;
/** The difference of two reads with nothing in between. */
static uint32_t cost;

void hold_lock(void *context) {
    board_lock(context);
    began = board_count();
}

void hold_unlock(void *context) {
    const uint32_t held = began - board_count();
    most = held > most ? held : most;
    board_unlock(context);
}

uint32_t hold_most(void) {
    const uint32_t ticks = most > cost ? most - cost : 0;
    most = 0;
    return (uint32_t)(((uint64_t)ticks * SAMPLE + rate / 2) / rate);
}

/** Runs SAMPLE instructions with interrupts off, as they are under the lock. */
static uint32_t sample(void) {
    board_lock(NULL);
    const uint32_t before = board_count();
    __asm__ volatile(".rept 1000\n nop\n .endr" ::: "memory");
    const uint32_t after = board_count();
    board_unlock(NULL);
    return before - after;
}

bool hold_begin(void) {
    uint32_t first;
    most = 0;
    hold_lock(NULL);
    hold_unlock(NULL);
    cost = most;
    first = sample();
    rate = first - cost;
    most = 0;
    /* A counter of time never gives the same twice, and a slow one does not tell single instructions apart. */
    return rate >= SAMPLE && sample() == first && sample() == first;
}
