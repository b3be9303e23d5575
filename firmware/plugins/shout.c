/*
 * The plugin shout for machines without exceptions and without an allocator: makes the small letters of ASCII large, in
 * both directions, on the first channels, as its configuration `channels=0,3` names them.
 */
#include <pintle/plugin.h>

#include <stdbool.h>
#include <string.h>

#define CHANNELS 32

/** Reads the list of channels, a bit for each; 0 if it is none. */
static uintptr_t channels_of(const char *text, const char *end) {
    uintptr_t channels = 0;
    bool more = true;
    while (more) {
        uint32_t channel = 0;
        const char *begin = text;
        for (; text < end && *text >= '0' && *text <= '9' && channel < CHANNELS; text++) {
            channel = 10 * channel + (uint32_t)(*text - '0');
        }
        if (text == begin || channel >= CHANNELS) {
            return 0;
        }
        channels |= (uintptr_t)1 << channel;
        more = text < end && *text == ',';
        text += more;
    }
    return text == end ? channels : 0;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const char key[] = "channels=";
    static const char refused[] = "shout: its configuration is a list such as channels=0,3";
    const size_t length = sizeof key - 1;
    const char *text = args->config.data;
    uintptr_t channels = 0;
    if (args->config.length > length && memcmp(text, key, length) == 0) {
        channels = channels_of(text + length, text + args->config.length);
    }
    if (channels != 0) {
        /* The instance's pointer is all that there is to keep. */
        return pintle_data_set(plugin, (void *)channels);
    }
    pintle_error_set(plugin, PINTLE_E_ARGUMENT, refused, sizeof refused - 1);
    return PINTLE_E_ARGUMENT;
}

static bool is_small(uint8_t byte) {
    return byte >= 'a' && byte <= 'z';
}

static int32_t alter(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    pintle_message_t message = info->message;
    pintle_bytes_t seen;
    uint8_t *bytes;
    const uintptr_t loud = (uintptr_t)plugin->data;
    size_t length;
    size_t at = 0;
    /* The lane of services is no channel: its number is out of range. */
    if (info->channel >= CHANNELS || (loud >> info->channel & 1) == 0) {
        return PINTLE_OK;
    }
    int32_t status = pintle_message_view(plugin, message, &seen);
    while (status == PINTLE_OK && at < seen.length && !is_small(seen.data[at])) {
        at++;
    }
    if (status != PINTLE_OK || at == seen.length) {
        return status;
    }
    status = pintle_message_edit(plugin, message, &message);
    if (status == PINTLE_OK) {
        status = pintle_message_view_mut(plugin, message, &bytes, &length);
    }
    for (; status == PINTLE_OK && at < length; at++) {
        bytes[at] = (uint8_t)(is_small(bytes[at]) ? bytes[at] - 'a' + 'A' : bytes[at]);
    }
    return status == PINTLE_OK ? pintle_message_commit(plugin, message, length) : status;
}

/** Does nothing: it is here so that the receipt counts the same calls as that of the plugin for servers. */
static int32_t destroy(pintle_plugin_t *plugin) {
    (void)plugin;
    return PINTLE_OK;
}

PINTLE_PLUGIN(shout,
    PINTLE_TEXTS("org.pintle.shout", "shout", "0.1.0", "Pintle", "Makes messages loud on the channels it is told",
        "MIT OR Apache-2.0", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, create),
    PINTLE_ON(destroy, destroy),
    PINTLE_ON(message_in, alter),
    PINTLE_ON(message_out, alter))
