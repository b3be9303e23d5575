/*
 * Writes to the log: one line of each level when it begins, each message that comes in, and as many lines from a thread of its own as
 * its configuration says. The thread ends when the plugin is asked to stop.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#include <pthread.h>

typedef struct talker_t {
    pintle_plugin_t *plugin;
    long lines;
    pthread_t thread;
} talker_t;

static void say(pintle_plugin_t *plugin, uint32_t level, const char *target, const char *text) {
    must(pintle_log_write(plugin, level, target, strlen(target), text, strlen(text)));
}

static void *talk(void *data) {
    const talker_t *talker = data;
    for (long line = 0; line < talker->lines; line++) {
        char text[32];
        snprintf(text, sizeof text, "line %ld", line);
        say(talker->plugin, PINTLE_LOG_INFO, "thread", text);
    }
    return NULL;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
    talker_t *talker = calloc(1, sizeof *talker);
    char count[24] = {0};
    memcpy(count, args->config.data, args->config.length < sizeof count ? args->config.length : sizeof count - 1);
    talker->plugin = plugin;
    talker->lines = strtol(count, NULL, 10);
    for (uint32_t level = PINTLE_LOG_ERROR; level <= PINTLE_LOG_TRACE; level++) {
        say(plugin, level, "levels", names[level - 1]);
    }
    must(pintle_data_set(plugin, talker));
    return pthread_create(&talker->thread, NULL, talk, talker) == 0 ? PINTLE_OK : PINTLE_E_IO;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    const pintle_bytes_t text = view(plugin, info->message);
    return pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, (const char *)text.data, text.length);
}

static int32_t destroy(pintle_plugin_t *plugin) {
    talker_t *talker = plugin->data;
    must(pthread_join(talker->thread, NULL));
    free(talker);
    return PINTLE_OK;
}

PINTLE_PLUGIN(talker, TEXTS("talker", "Writes to the log", ""), PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(create, create),
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(destroy, destroy))
