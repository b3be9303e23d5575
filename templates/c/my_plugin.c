/* Counts the messages that come in, and says so when it is unloaded. */
#include <pintle/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** The state of one instance. */
typedef struct my_plugin_t {
    uint64_t messages;
    uint64_t bytes;
} my_plugin_t;

/* All pointers that a callback is given may be used until it returns; `plugin` until `destroy` returns. */
static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const char full[] = "there is no memory for another instance";
    my_plugin_t *self = calloc(1, sizeof *self);
    if (self == NULL) {
        pintle_error_set(plugin, PINTLE_E_CAPACITY, full, sizeof full - 1);
        return PINTLE_E_CAPACITY;
    }
    pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, args->config.data, args->config.length);
    return pintle_data_set(plugin, self);
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    my_plugin_t *self = plugin->data;
    size_t length = 0;
    const int32_t status = pintle_message_length(plugin, info->message, &length);
    if (status == PINTLE_OK) {
        self->messages++;
        self->bytes += length;
    }
    return status;
}

static int32_t destroy(pintle_plugin_t *plugin) {
    char line[80];
    my_plugin_t *self = plugin->data;
    const int length = snprintf(line, sizeof line, "%" PRIu64 " messages, %" PRIu64 " bytes", self->messages,
                                self->bytes);
    pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, line, (size_t)length);
    free(self);
    return PINTLE_OK;
}

PINTLE_PLUGIN(my_plugin,
    PINTLE_TEXTS("org.example.my-plugin", "my-plugin", "0.1.0", "Example", "Counts what comes in", "MIT",
        "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, create),
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(destroy, destroy))
