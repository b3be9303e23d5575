/* A firmware whose Rust panics. HOOK: its platform has a hook for that. */
#include <pintle/host.h>

#include "check.h"

uint8_t fatal_number(size_t index);

static _Alignas(64) unsigned char region[1 << 20];

static uint64_t now(void *context) {
    (void)context;
    return 1;
}

#ifdef HOOK
static void panicked(void *context) {
    puts(context);
    exit(0);
}
#endif

int main(int count, char **words) {
    static char told[] = "it panicked";
    const pintle_limits_t limits = {sizeof limits, 1, 1, 1, 1, 1, 1, 1, 1, 64, 1, 64, 1, 1, 1, 1, 1, 1, PINTLE_NO_WORKERS, 1, 1};
    pintle_platform_t platform = {sizeof platform};
    pintle_core_t *core = NULL;
    (void)words;
    platform.context = told;
    platform.now = now;
#ifdef HOOK
    platform.fatal = panicked;
#endif
    OK(pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    /* One too many, which no compiler can know. */
    return fatal_number((size_t)count + 2);
}
