/* A Cortex-M: how it begins, its interrupts, its clock and its stack. */
#include "cortex_m.h"

#include <stdbool.h>

/* From the linker script. */
extern uint32_t data_begin[], data_end[], data_stored[], bss_begin[], bss_end[], stack_top[];
extern void (*const constructors_begin[])(void), (*const constructors_end[])(void);

void reset(void) {
#ifdef __ARM_FP
    REGISTER(0xe000ed88) = UINT32_C(0xf) << 20; /* the floating-point unit: on */
    __asm__ volatile("dsb\n isb");
#endif
    for (uint32_t *to = data_begin, *from = data_stored; to < data_end; to++, from++) {
        *to = *from;
    }
    for (uint32_t *to = bss_begin; to < bss_end; to++) {
        *to = 0;
    }
    for (void (*const *construct)(void) = constructors_begin; construct < constructors_end; construct++) {
        (*construct)();
    }
    board_start();
    board_exit(main());
}

static void fault(void) {
    static const char text[] = "fault\n";
    board_write(text, sizeof text - 1);
    board_exit(99);
}

static void interrupted(void) {
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    board_interrupted(exception - 16);
}

#define FOUR(handler) handler, handler, handler, handler

/** The vector table: the initial stack pointer, and the handlers of exceptions and interrupts. */
__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[47])(void);
} vectors = {
    stack_top,
    {reset, fault, fault, FOUR(fault), FOUR(fault), fault, fault, fault,
        cortex_m_tick, FOUR(interrupted), FOUR(interrupted), FOUR(interrupted), FOUR(interrupted),
        FOUR(interrupted), FOUR(interrupted), FOUR(interrupted), FOUR(interrupted)},
};

/* The clock. */

static volatile uint64_t milliseconds;

void cortex_m_tick(void) {
    milliseconds++;
}

/* Interrupts. */

static uint32_t interrupts_off(void) {
    uint32_t before;
    __asm__ volatile("mrs %0, primask\n cpsid i" : "=r"(before)::"memory");
    return before;
}

static void interrupts_back(uint32_t before) {
    __asm__ volatile("msr primask, %0" ::"r"(before) : "memory");
}

static uint32_t before_lock;
static uint32_t locks;

void board_lock(void *context) {
    const uint32_t before = interrupts_off();
    (void)context;
    before_lock = locks == 0 ? before : before_lock;
    locks++;
}

void board_unlock(void *context) {
    (void)context;
    locks--;
    if (locks == 0) {
        interrupts_back(before_lock);
    }
}

uint64_t board_now(void *context) {
    (void)context;
    const uint32_t before = interrupts_off();
    const uint64_t now = milliseconds * 1000000;
    interrupts_back(before);
    return now;
}

void board_wait(void) {
    __asm__ volatile("dsb\n wfi" ::: "memory");
}

static void (*software_handler)(void);

void cortex_m_software_interrupt(void) {
    software_handler();
}

void board_interrupt(void (*handler)(void)) {
    software_handler = handler;
    cortex_m_enable(SOFTWARE_INTERRUPT);
    REGISTER(0xe000e200) = UINT32_C(1) << SOFTWARE_INTERRUPT;
    __asm__ volatile("dsb\n isb" ::: "memory");
}

/* The stack: painted, and looked at from its far end. */

#define PAINT UINT32_C(0xa5a5a5a5)

static volatile uint32_t *stack_pointer(void) {
    volatile uint32_t *pointer;
    __asm__ volatile("mov %0, sp" : "=r"(pointer));
    return pointer;
}

__attribute__((noinline)) void board_stack_paint(void) {
    volatile uint32_t *top = stack_pointer();
    for (volatile uint32_t *word = bss_end; word < top; word++) {
        *word = PAINT;
    }
}

__attribute__((noinline)) size_t board_stack_used(void) {
    volatile uint32_t *word = bss_end;
    if (*word != PAINT) {
        /* The stack was full, and may have overwritten what is below it. */
        fault();
    }
    while (*word == PAINT) {
        word++;
    }
    return (size_t)(stack_pointer() - word) * sizeof *word;
}
