/* The program where there is no board. */
#include "firmware.h"

int main(void) {
    scenario();
    return 0;
}
