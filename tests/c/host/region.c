/* Prints what PINTLE_REGION_SIZE makes of each list of limits, in LISTS(X): X(...) X(...). */
#include <pintle/host.h>
#include <stdio.h>

int main(void) {
#define PRINT(...) printf("%lu\n", (unsigned long)sizeof(unsigned char[PINTLE_REGION_SIZE(__VA_ARGS__)]));
    LISTS(PRINT)
    return 0;
}
