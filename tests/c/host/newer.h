/* What the hosts of a later minor version share: their headers have a member `later` at the end of every struct that
 * crosses, of which the library knows nothing. */
#ifndef NEWER_H
#define NEWER_H

#define PINTLE_STATIC
#include <pintle/host.h>

#include "check.h"

/* The size that a struct had in the first edition. */
#define FIRST(type) ((uint32_t)offsetof(type, later))
/* Whether nobody has written the member since all of its bytes were 0xab. */
#define UNTOUCHED(given) (untouched(&(given).later, sizeof(given).later))

static int untouched(const void *later, size_t length) {
    size_t at = 0;
    while (at < length && ((const unsigned char *)later)[at] == 0xab) {
        at++;
    }
    return at == length;
}

static pintle_plugin_t *zero;

/* The words for a call that has failed; NULL if they are kept for nobody. */
static void told(int32_t code, const char *text);

/* A struct that is passed: sizes that are none; later members that are zero, that are set, and that are not the
 * struct's. `call` takes `given`, and succeeds as often as it is made. */
#define PASSED(type, given, call) \
    do { \
        char text_[160]; \
        (given).size = FIRST(type) - 1; \
        IS(PINTLE_E_ARGUMENT, call); \
        snprintf(text_, sizeof text_, #type ".size is %u and must be %u to 4096: set it to sizeof", \
                 (unsigned)(FIRST(type) - 1), (unsigned)FIRST(type)); \
        told(PINTLE_E_ARGUMENT, text_); \
        (given).size = UINT32_MAX; \
        IS(PINTLE_E_ARGUMENT, call); \
        (given).size = sizeof(given); \
        ((unsigned char *)&(given).later)[sizeof(given).later - 1] = 1; \
        IS(PINTLE_E_UNSUPPORTED, call); \
        snprintf(text_, sizeof text_, #type ": byte %u is set, this host knows %u: leave later members zero", \
                 (unsigned)(FIRST(type) + sizeof(given).later - 1), (unsigned)FIRST(type)); \
        told(PINTLE_E_UNSUPPORTED, text_); \
        (given).size = FIRST(type); \
        OK(call); \
        (given).size = sizeof(given); \
        (given).later = 0; \
        OK(call); \
    } while (0)

/* A struct that is filled: not behind its size, as far as the library knows it, and its size then says so. */
#define FILLED(type, given, call) \
    do { \
        memset(&(given), 0xab, sizeof(given)); \
        (given).size = FIRST(type) - 1; \
        IS(PINTLE_E_ARGUMENT, call); \
        HOLDS((given).size == FIRST(type) - 1); \
        for (size_t at_ = sizeof(given).size; at_ < sizeof(given); at_++) { \
            HOLDS(((const unsigned char *)&(given))[at_] == 0xab); \
        } \
        const uint32_t sizes_[] = {FIRST(type), sizeof(given), UINT32_MAX}; \
        for (size_t at_ = 0; at_ < sizeof sizes_ / sizeof sizes_[0]; at_++) { \
            memset(&(given), 0xab, sizeof(given)); \
            (given).size = sizes_[at_]; \
            OK(call); \
            HOLDS((given).size == FIRST(type) && UNTOUCHED(given)); \
            HOLDS(!PINTLE_HAS(&(given), type, later)); \
        } \
    } while (0)

/* A plugin that is linked in, and has a callback that nobody calls. */

static int32_t never(pintle_plugin_t *plugin) {
    (void)plugin;
    HOLDS(!"a callback of a later edition was called");
    return PINTLE_OK;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    HOLDS(!PINTLE_HAS(plugin->api, pintle_api_t, later) && !PINTLE_HAS(args, pintle_create_t, later));
    HOLDS(args->abi_minor == 0 && args->config.length == 2);
    return PINTLE_OK;
}

PINTLE_PLUGIN(quiet, PINTLE_TEXTS("org.test.quiet", "quiet", "7", "", "", "", "", "", "", ""),
              PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create), PINTLE_ON(later, never))

#endif
