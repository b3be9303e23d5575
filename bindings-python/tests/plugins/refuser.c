/*
 * Answers with the status that it is told: a filter refuses a message with the number that the message holds; its service answers
 * request N with the status N.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#define SERVICE UINT32_C(0x20000002)

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const char text[] = "it was told to refuse its configuration";
    if (args->config.length != 0) {
        must(pintle_error_set(plugin, 10007, text, sizeof text - 1));
        return 10007;
    }
    return pintle_service_declare(plugin, SERVICE, NULL, 0);
}

static int32_t refuse(pintle_plugin_t *plugin, int32_t status) {
    char text[64];
    const int length = snprintf(text, sizeof text, "told to refuse with %d", (int)status);
    if (PINTLE_IS_ERROR(status)) {
        must(pintle_error_set(plugin, status, text, (size_t)length));
    }
    return status;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    return info->channel == PINTLE_CHANNEL_SERVICE ? PINTLE_OK : refuse(plugin, (int32_t)number(plugin, info->message));
}

static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    (void)request;
    return refuse(plugin, (int32_t)info->id);
}

PINTLE_PLUGIN(refuser, TEXTS("refuser", "Refuses with any status", "0x20000002"), 0,
    PINTLE_ON(create, create),
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(request, request))
