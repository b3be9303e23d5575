/* mps2-an386: a Cortex-M4F with a serial line of the CMSDK. */
#include "cortex_m.h"

#define CLOCK 25000000

/* SysTick. */
#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_VALUE REGISTER(0xe000e018)

/* Timer 0, which is not used otherwise, and does not wrap while a program here runs. */
#define TIMER_CONTROL REGISTER(0x40000000)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)

/* UART 0. */
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_CONTROL REGISTER(0x40004008)
#define UART_INTERRUPT REGISTER(0x4000400c)
#define UART_DIVIDER REGISTER(0x40004010)
#define UART_RECEIVE_INTERRUPT 0

enum { UART_SEND_FULL = 1, UART_RECEIVED = 2 };
enum { UART_SEND = 1, UART_RECEIVE = 2, UART_INTERRUPT_AT_RECEIVE = 8 };

static void (*on_byte)(uint8_t byte);

void board_start(void) {
    SYSTICK_RELOAD = CLOCK / 1000 - 1;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 7; /* on, with an interrupt, at the processor's clock */
    TIMER_RELOAD = UINT32_MAX;
    TIMER_VALUE = UINT32_MAX;
    TIMER_CONTROL = 1; /* on, at the same clock, without an interrupt */
}

uint32_t board_count(void) {
    return TIMER_VALUE;
}

void board_line_open(void (*handler)(uint8_t byte)) {
    on_byte = handler;
    UART_DIVIDER = CLOCK / 115200;
    UART_CONTROL = handler == NULL ? 0 : UART_SEND | UART_RECEIVE | UART_INTERRUPT_AT_RECEIVE;
    cortex_m_enable(UART_RECEIVE_INTERRUPT);
}

void board_line_write(const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        while (UART_STATE & UART_SEND_FULL) {
        }
        UART_DATA = bytes[at];
    }
}

void board_interrupted(uint32_t interrupt) {
    if (interrupt == SOFTWARE_INTERRUPT) {
        cortex_m_software_interrupt();
        return;
    }
    UART_INTERRUPT = UART_RECEIVED;
    while (UART_STATE & UART_RECEIVED) {
        on_byte((uint8_t)UART_DATA);
    }
}
