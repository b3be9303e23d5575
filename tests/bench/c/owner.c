/* Owns a session and takes what is sent to it. */
#include <pintle/plugin.h>

static int32_t socket_created(pintle_plugin_t *plugin, pintle_socket_t socket) {
    pintle_session_t session;
    return pintle_session_create(plugin, socket, NULL, &session);
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                            pintle_message_t message) {
    (void)plugin;
    (void)session;
    (void)channel;
    (void)message;
    return PINTLE_OK;
}

PINTLE_PLUGIN(owner,
    PINTLE_TEXTS("org.pintle.bench.owner", "owner", "1.0.0", "Pintle", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(socket_created, socket_created),
    PINTLE_ON(session_send, session_send))
