#include <stdio.h>
#include "firmware.h"
int main(void) { board_stack_paint(); scenario(); printf("stack: %zu\nregion: %zu\n", board_stack_used(), firmware_region); return 0; }
