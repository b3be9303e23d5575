/* microbit: a Cortex-M0 of the nRF51 family. */
#include "cortex_m.h"

/* Timer 0, which counts microseconds; this family has no SysTick. */
#define TIMER_START REGISTER(0x40008000)
#define TIMER_COMPARED REGISTER(0x40008140)
#define TIMER_SHORTCUTS REGISTER(0x40008200)
#define TIMER_INTERRUPTS REGISTER(0x40008304)
#define TIMER_WIDTH REGISTER(0x40008508)
#define TIMER_PRESCALER REGISTER(0x40008510)
#define TIMER_COMPARE REGISTER(0x40008540)
#define TIMER_INTERRUPT 8

/* The serial line. */
#define UART_START_RECEIVE REGISTER(0x40002000)
#define UART_START_SEND REGISTER(0x40002008)
#define UART_RECEIVED REGISTER(0x40002108)
#define UART_SENT REGISTER(0x4000211c)
#define UART_INTERRUPTS REGISTER(0x40002304)
#define UART_NO_INTERRUPTS REGISTER(0x40002308)
#define UART_ENABLE REGISTER(0x40002500)
#define UART_IN REGISTER(0x40002518)
#define UART_OUT REGISTER(0x4000251c)
#define UART_RATE REGISTER(0x40002524)
#define UART_INTERRUPT 2

enum { UART_INTERRUPT_AT_RECEIVE = 1 << 2, UART_ON = 4, UART_115200 = 0x01d7e000 };

static void (*on_byte)(uint8_t byte);

void board_start(void) {
    TIMER_WIDTH = 0;     /* 16 bits */
    TIMER_PRESCALER = 4; /* 16 MHz by 16 */
    TIMER_COMPARE = 1000;
    TIMER_SHORTCUTS = 1; /* from 1000 back to 0 */
    TIMER_INTERRUPTS = 1 << 16;
    cortex_m_enable(TIMER_INTERRUPT);
    TIMER_START = 1;
}

void board_line_open(void (*handler)(uint8_t byte)) {
    on_byte = handler;
    if (handler == NULL) {
        UART_NO_INTERRUPTS = UART_INTERRUPT_AT_RECEIVE;
        return;
    }
    UART_RATE = UART_115200;
    UART_ENABLE = UART_ON;
    UART_INTERRUPTS = UART_INTERRUPT_AT_RECEIVE;
    cortex_m_enable(UART_INTERRUPT);
    UART_START_SEND = 1;
    UART_START_RECEIVE = 1;
}

void board_line_write(const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        UART_SENT = 0;
        UART_OUT = bytes[at];
        while (UART_SENT == 0) {
        }
    }
}

void board_interrupted(uint32_t interrupt) {
    switch (interrupt) {
    case TIMER_INTERRUPT:
        TIMER_COMPARED = 0;
        cortex_m_tick();
        break;
    case UART_INTERRUPT:
        while (UART_RECEIVED != 0) {
            UART_RECEIVED = 0;
            on_byte((uint8_t)UART_IN);
        }
        break;
    default:
        cortex_m_software_interrupt();
    }
}
