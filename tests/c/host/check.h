/* What the programs of this folder share: a status that is not the expected one ends them. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IS(expected, call) is((expected), (call), #expected, #call, __FILE__, __LINE__)
#define OK(call) IS(PINTLE_OK, call)
#define HOLDS(condition) IS(1, (condition) ? 1 : 0)

static inline void is(int32_t expected, int32_t got, const char *name, const char *call, const char *file,
                      int line) {
    if (expected != got) {
        fprintf(stderr, "%s:%d: %s is %" PRId32 ", and not %s (%" PRId32 ")\n", file, line, call, got, name,
                expected);
        exit(1);
    }
}

#endif
