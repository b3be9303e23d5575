/*
 * Begins and ends only when somebody answers: its configuration names two fds, one to which it writes a byte, and one from
 * which it then waits for one.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#include <unistd.h>

typedef struct handshake_t {
    int ask;
    int answer;
} handshake_t;

static int32_t shake(const handshake_t *hands) {
    char byte = '?';
    return write(hands->ask, &byte, 1) == 1 && read(hands->answer, &byte, 1) == 1 ? PINTLE_OK : PINTLE_E_IO;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    char config[32] = {0};
    handshake_t *hands = calloc(1, sizeof *hands);
    memcpy(config, args->config.data, args->config.length < sizeof config ? args->config.length : sizeof config - 1);
    if (sscanf(config, "%d %d", &hands->ask, &hands->answer) != 2) {
        free(hands);
        return PINTLE_E_ARGUMENT;
    }
    must(pintle_data_set(plugin, hands));
    return shake(hands);
}

static int32_t destroy(pintle_plugin_t *plugin) {
    handshake_t *hands = plugin->data;
    const int32_t status = shake(hands);
    free(hands);
    return status;
}

PINTLE_PLUGIN(handshake, TEXTS("handshake", "Waits for an answer", ""), PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(create, create),
    PINTLE_ON(destroy, destroy))
