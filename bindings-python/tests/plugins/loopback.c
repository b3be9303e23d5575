/*
 * A transport without a network: a socket that listens at loop://NAME gets one session, whose peer sends everything back in a later
 * turn. A message "bye" makes the peer go. Requests are not asked for. The peer knows its round-trip time, and refuses the mode
 * "unreliable".
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

static int32_t socket_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    static const char scheme[] = "loop://";
    static const pintle_address_t peer = {PINTLE_FAMILY_IPV4, 4711, 0, {192, 0, 2, 1}};
    pintle_session_t session;
    if (length < sizeof scheme - 1 || memcmp(address, scheme, sizeof scheme - 1) != 0) {
        return PINTLE_OK;
    }
    must(pintle_socket_attach(plugin, socket, address, length));
    must(pintle_session_create(plugin, socket, 42, &peer, &session));
    return PINTLE_OK;
}

/** What a message that comes back needs to know; the task frees it. */
typedef struct parcel_t {
    pintle_session_t session;
    uint32_t channel;
} parcel_t;

static int32_t send_back(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    parcel_t parcel = *(parcel_t *)data;
    int32_t status = is_text(view(plugin, message), "bye")
        ? pintle_session_destroy(plugin, parcel.session)
        : pintle_session_receive(plugin, parcel.session, parcel.channel, message);
    if (status == PINTLE_E_AGAIN) {
        return pintle_executor_submit(plugin, send_back, data, message);
    }
    free(data);
    return status == PINTLE_E_STALE ? PINTLE_OK : status;
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, pintle_message_t message) {
    pintle_message_t copy;
    parcel_t *parcel = malloc(sizeof *parcel);
    *parcel = (parcel_t){session, channel};
    int32_t status = pintle_message_clone(plugin, message, 0, &copy);
    if (status == PINTLE_OK) {
        status = pintle_executor_submit(plugin, send_back, parcel, copy);
    }
    if (status != PINTLE_OK) {
        free(parcel);
    }
    return status;
}

static int32_t session_disconnect(pintle_plugin_t *plugin, pintle_session_t session) {
    return pintle_session_destroy(plugin, session);
}

static int32_t session_get_rtt(pintle_plugin_t *plugin, pintle_session_t session, uint64_t *mean, uint64_t *variance) {
    (void)plugin;
    (void)session;
    *mean = 2000000;
    *variance = 500000;
    return PINTLE_OK;
}

static int32_t session_set_mode(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, uint32_t mode) {
    (void)plugin;
    (void)session;
    (void)channel;
    return mode == PINTLE_CHANNEL_UNRELIABLE ? PINTLE_E_UNSUPPORTED : PINTLE_OK;
}

PINTLE_PLUGIN(loopback, TEXTS("loopback", "A transport without a network", ""), PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(socket_listening, socket_listening),
    PINTLE_ON(session_send, session_send),
    PINTLE_ON(session_disconnect, session_disconnect),
    PINTLE_ON(session_get_rtt, session_get_rtt),
    PINTLE_ON(session_set_mode, session_set_mode))
