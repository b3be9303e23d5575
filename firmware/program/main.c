/* The program of every board: each part starts a kernel of its own. */
#include "firmware.h"

int main(void) {
    board_stack_paint();
    scenario();
    timers();
    interrupts();
    capacity();
    misuse();
    dialogue();
    figures(board_stack_used());
    return 0;
}
