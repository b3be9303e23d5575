/*
 * A transport without a network: a socket that listens at loop://NAME gets one session, whose peer sends everything back in a later
 * turn. A message "bye" makes the peer go. Requests are not asked for. The peer knows its round-trip time, and refuses the mode
 * "unreliable".
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

/** More than a test has at a time. */
#define SOCKETS 16

/** The sessions of an instance, one for each socket; 0 is none. */
typedef struct loopback_t {
    pintle_session_t sessions[SOCKETS];
} loopback_t;

static loopback_t *loopback_of(pintle_plugin_t *plugin) {
    return plugin->data;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)args;
    return pintle_data_set(plugin, calloc(1, sizeof(loopback_t)));
}

static int32_t destroy(pintle_plugin_t *plugin) {
    free(loopback_of(plugin));
    return PINTLE_OK;
}

static int32_t socket_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    static const char scheme[] = "loop://";
    static const pintle_address_t peer = {
        .size = sizeof peer,
        .family = PINTLE_FAMILY_IPV4,
        .port = 4711,
        .ip = {192, 0, 2, 1},
    };
    static const pintle_session_options_t options = {
        .size = sizeof options,
        .client_id = 42,
        .address = &peer,
        .user = {"ana", 3},
        .protocol = {"loop.1", 6},
    };
    loopback_t *loopback = loopback_of(plugin);
    size_t place = 0;
    if (length < sizeof scheme - 1 || memcmp(address, scheme, sizeof scheme - 1) != 0) {
        return PINTLE_OK;
    }
    while (place < SOCKETS && loopback->sessions[place].bits != 0) {
        place++;
    }
    if (place == SOCKETS) {
        return PINTLE_E_CAPACITY;
    }
    must(pintle_socket_attach(plugin, socket, address, length));
    return pintle_session_create(plugin, socket, &options, &loopback->sessions[place]);
}

static int32_t socket_stopped(pintle_plugin_t *plugin, pintle_socket_t socket) {
    const loopback_t *loopback = loopback_of(plugin);
    for (size_t place = 0; place < SOCKETS; place++) {
        const pintle_session_t session = loopback->sessions[place];
        pintle_socket_t other = {0};
        if (session.bits != 0) {
            must(pintle_session_socket(plugin, session, &other));
        }
        if (other.bits == socket.bits) {
            must(pintle_session_destroy(plugin, session));
        }
    }
    return PINTLE_OK;
}

static int32_t session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    loopback_t *loopback = loopback_of(plugin);
    (void)data;
    for (size_t place = 0; place < SOCKETS; place++) {
        if (loopback->sessions[place].bits == session.bits) {
            loopback->sessions[place].bits = 0;
        }
    }
    return PINTLE_OK;
}

static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    (void)stop;
    const loopback_t *loopback = loopback_of(plugin);
    for (size_t place = 0; place < SOCKETS; place++) {
        if (loopback->sessions[place].bits != 0) {
            must(pintle_session_destroy(plugin, loopback->sessions[place]));
        }
    }
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

static int32_t session_get_rtt(pintle_plugin_t *plugin, pintle_session_t session, uint64_t *mean_ns, uint64_t *deviation_ns) {
    (void)plugin;
    (void)session;
    *mean_ns = 2000000;
    *deviation_ns = 500000;
    return PINTLE_OK;
}

static int32_t session_set_mode(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, uint32_t mode) {
    (void)plugin;
    (void)session;
    (void)channel;
    return mode == PINTLE_MODE_UNRELIABLE ? PINTLE_E_UNSUPPORTED : PINTLE_OK;
}

PINTLE_PLUGIN(loopback, TEXTS("loopback", "A transport without a network", ""), PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(create, create),
    PINTLE_ON(request_stop, request_stop),
    PINTLE_ON(destroy, destroy),
    PINTLE_ON(socket_listening, socket_listening),
    PINTLE_ON(socket_stopped, socket_stopped),
    PINTLE_ON(session_destroyed, session_destroyed),
    PINTLE_ON(session_send, session_send),
    PINTLE_ON(session_disconnect, session_disconnect),
    PINTLE_ON(session_get_rtt, session_get_rtt),
    PINTLE_ON(session_set_mode, session_set_mode))
