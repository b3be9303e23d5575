/* The parts of a board that every Cortex-M has. */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include "board.h"

/** A register. */
#define REGISTER(address) (*(volatile uint32_t *)(address))

/** An interrupt that nothing on the boards causes but a program. */
#define SOFTWARE_INTERRUPT 31

/** Lets an interrupt through. */
static inline void cortex_m_enable(uint32_t interrupt) {
    REGISTER(0xe000e100) = UINT32_C(1) << interrupt;
}

/** Where the processor begins. */
void reset(void);

/** Counts a millisecond. */
void cortex_m_tick(void);
/** The software interrupt came. */
void cortex_m_software_interrupt(void);

/** The board's own start. */
void board_start(void);
/** The board's own interrupts. */
void board_interrupted(uint32_t interrupt);

#endif
