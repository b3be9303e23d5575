/*
 * A filter that does with a message what its first byte says:
 *
 *   ?  coming in: sent back to the peer
 *   -  coming in: consumed
 *   !  coming in: refused with REFUSED
 *   _  going out: consumed
 *   /  going out: refused with REFUSED
 *
 * It needs no C library, so it runs in a firmware as it does in a server.
 */
#include <pintle/plugin.h>

/** A status of its own. */
#define REFUSED (PINTLE_PLUGIN_FIRST + 7)

static uint8_t first_byte(pintle_plugin_t *plugin, pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    return pintle_message_view(plugin, message, &bytes) == PINTLE_OK && bytes.length > 0 ? bytes.data[0] : 0;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    switch (first_byte(plugin, info->message)) {
    case '?':
        return pintle_session_send(plugin, info->session, info->channel, info->message);
    case '-':
        return PINTLE_CONSUMED;
    case '!':
        return REFUSED;
    default:
        return PINTLE_OK;
    }
}

static int32_t message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    switch (first_byte(plugin, info->message)) {
    case '_':
        return PINTLE_CONSUMED;
    case '/':
        return REFUSED;
    default:
        return PINTLE_OK;
    }
}

PINTLE_PLUGIN(gate,
    PINTLE_TEXTS("org.pintle.test.gate", "gate", "0.1.0", "Pintle", "Consumes and refuses", "MIT OR Apache-2.0", "",
        "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(message_out, message_out))
