/*
 * Does to its process what the message that comes in says: segv, abort, hang or exit. With the configuration "stubborn" it never stops
 * when asked to; with "segv" it does not even begin.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#include <signal.h>
#include <unistd.h>

/** Writes where nobody may; volatile in both ways, so that the compiler leaves it at that. */
static void fault(void) {
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static int stubborn;
    if (has_word(args->config, "segv")) {
        fault();
    }
    stubborn = has_word(args->config, "stubborn");
    return pintle_data_set(plugin, stubborn ? &stubborn : NULL);
}

static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    (void)stop;
    return plugin->data == NULL ? PINTLE_OK : PINTLE_PENDING;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    const pintle_bytes_t what = view(plugin, info->message);
    if (is_text(what, "segv")) {
        fault();
    } else if (is_text(what, "abort")) {
        abort();
    } else if (is_text(what, "exit")) {
        _exit(3);
    } else if (is_text(what, "hang")) {
        for (;;) {
            pause();
        }
    }
    return PINTLE_OK;
}

PINTLE_PLUGIN(hostile, TEXTS("hostile", "Crashes and hangs", ""), 0,
    PINTLE_ON(create, create),
    PINTLE_ON(request_stop, request_stop),
    PINTLE_ON(message_in, message_in))
