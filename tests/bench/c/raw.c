/* The floor of every call: a function pointer into another library, and nothing else. */
#include <stdint.h>

__attribute__((visibility("default"))) int32_t bench_raw(void *context, uint64_t first, uint64_t second) {
    (void)context;
    (void)first;
    (void)second;
    return 0;
}
