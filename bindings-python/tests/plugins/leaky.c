/*
 * Leaves behind what the words of its configuration name: message, session, timer, thread, fd.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *unused) {
    for (;;) {
        pause();
    }
    return unused;
}

static int32_t never(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)plugin;
    (void)data;
    (void)timer;
    return PINTLE_OK;
}

static void leak_session(pintle_plugin_t *plugin) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_session_t session;
    must(pintle_socket_open(plugin, &mode, 1, &socket));
    must(pintle_session_create(plugin, socket, NULL, &session));
}

static void leak_thread(void) {
    pthread_t thread;
    must(pthread_create(&thread, NULL, wait_for_ever, NULL));
    must(pthread_setname_np(thread, "leaked-thread"));
    must(pthread_detach(thread));
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    if (has_word(args->config, "message")) {
        pintle_message_t message;
        must(pintle_message_acquire(plugin, 0, &message));
        must(pintle_message_retain(plugin, message));
    }
    if (has_word(args->config, "session")) {
        leak_session(plugin);
    }
    if (has_word(args->config, "timer")) {
        pintle_timer_t timer;
        must(pintle_executor_start_timer(plugin, UINT64_C(1) << 60, 0, never, NULL, &timer));
    }
    if (has_word(args->config, "thread")) {
        leak_thread();
    }
    if (has_word(args->config, "fd") && open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) {
        return PINTLE_E_IO;
    }
    return PINTLE_OK;
}

PINTLE_PLUGIN(leaky, TEXTS("leaky", "Leaves things behind", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_OPENS_SOCKETS,
    PINTLE_ON(create, create))
