/*
 * A plugin as its author writes it, in C and in C++; the header's test compiles it in every mode and reads its
 * descriptor from the file.
 */
#include <pintle/plugin.h>

static int32_t probe_create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    return pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, args->instance.data, args->instance.length);
}

static int32_t probe_message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    size_t length = 0;
    int32_t status = pintle_message_length(plugin, info->message, &length);
    if (status != PINTLE_OK) {
        return status;
    }
    return length == 0 ? PINTLE_CONSUMED : pintle_session_send(plugin, info->session, info->channel, info->message);
}

static int32_t probe_destroy(pintle_plugin_t *plugin) {
    return pintle_data_set(plugin, NULL);
}

PINTLE_PLUGIN(probe,
    PINTLE_TEXTS("org.pintle.probe", "probe", "1.2.3", "Pintle", "Prüft den Kopf", "MIT OR Apache-2.0",
        "https://example.org", PINTLE_IO_ID, "org.pintle.one/1 org.pintle.two/1", "7 0x10",
        "port int 1..65535 =8080 The port to listen on\n"
        "name text =\"a b\" Its name\n"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(message_in, probe_message_in),
    PINTLE_ON(create, probe_create),
    PINTLE_ON(destroy, probe_destroy))
