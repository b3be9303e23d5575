/*
 * A transport whose peer asks: a socket that listens at ask://NAME gets one session, and whatever is sent to it is asked of the
 * service 0x10000001, as request 1 with the number 77. It writes the results to the log.
 */
#include <pintle/plugin.h>

#include <string.h>

static pintle_session_t peer;

static int32_t socket_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    static const char scheme[] = "ask://";
    int32_t status;
    if (length < sizeof scheme - 1 || memcmp(address, scheme, sizeof scheme - 1) != 0) {
        return PINTLE_OK;
    }
    status = pintle_socket_attach(plugin, socket, address, length);
    return status == PINTLE_OK ? pintle_session_create(plugin, socket, NULL, &peer) : status;
}

static int32_t socket_stopped(pintle_plugin_t *plugin, pintle_socket_t socket) {
    (void)socket;
    return pintle_session_destroy(plugin, peer);
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, pintle_message_t message) {
    pintle_request_options_t options = {sizeof options, 0x10000001, 1, 0, 77, {0}};
    int32_t status = pintle_message_clone(plugin, message, 0, &options.message);
    (void)channel;
    return status == PINTLE_OK ? pintle_session_request(plugin, session, &options) : status;
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *result) {
    pintle_bytes_t bytes = {NULL, 0};
    if (result->kind != PINTLE_RESULT_RESULT) {
        return PINTLE_OK;
    }
    pintle_message_view(plugin, result->message, &bytes);
    return pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, (const char *)bytes.data, bytes.length);
}

PINTLE_PLUGIN(asker,
    PINTLE_TEXTS("org.test.asker", "asker", "1", "", "", "", "", "", "", "", ""),
    PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(socket_listening, socket_listening),
    PINTLE_ON(socket_stopped, socket_stopped),
    PINTLE_ON(session_send, session_send),
    PINTLE_ON(session_result, session_result))
