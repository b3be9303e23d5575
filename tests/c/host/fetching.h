/* A host with a mailbox, and a plugin that is linked in to fill it: what the programs that fetch share. */
#ifndef FETCHING_H
#define FETCHING_H

#define PINTLE_STATIC
#include <pintle/host.h>

#include "check.h"

#define CAPACITY 4
#define BATCH 16

static pintle_host_t *host;
static pintle_plugin_t *zero;
static pintle_event_t events[BATCH];

/* A transport: `talk:NUMBER` has one peer that hands in as many numbers, as fast as it may. A peer that is sent "more" hands
 * in one more, and one that is sent anything else goes away. As a filter it counts what goes out to the peers of others. */
static pintle_session_t peer;
static uint32_t next;
static uint32_t last;
static uint32_t passed;

static int32_t talk(pintle_plugin_t *plugin, pintle_session_t session) {
    for (; next < last; next++) {
        pintle_message_t message;
        OK(pintle_message_acquire(plugin, sizeof next, &message));
        OK(pintle_message_write(plugin, message, (const uint8_t *)&next, sizeof next));
        const int32_t status = pintle_session_receive(plugin, session, 0, message);
        OK(pintle_message_release(plugin, message));
        if (status == PINTLE_E_AGAIN) {
            return PINTLE_OK;
        }
        OK(status);
    }
    return PINTLE_OK;
}

static int32_t talker_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    char number[8] = {0};
    HOLDS(length > 5 && length < 5 + sizeof number);
    memcpy(number, address + 5, length - 5);
    OK(pintle_socket_attach(plugin, socket, NULL, 0));
    OK(pintle_session_create(plugin, socket, NULL, &peer));
    next = 0;
    last = (uint32_t)atoi(number);
    return talk(plugin, peer);
}

static int32_t talker_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                           pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    (void)channel;
    OK(pintle_message_view(plugin, message, &bytes));
    if (bytes.length != 4 || memcmp(bytes.data, "more", 4) != 0) {
        return pintle_session_destroy(plugin, session);
    }
    last = next + 1;
    return talk(plugin, session);
}

static int32_t talker_message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)plugin;
    passed += info->kind == PINTLE_TRAFFIC_MESSAGE;
    return PINTLE_OK;
}

PINTLE_PLUGIN(talker,
              PINTLE_TEXTS("org.pintle.test.talker", "Talker", "1", "Pintle", "Talks", "MIT", "", "", "", ""),
              PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(socket_listening, talker_listening),
              PINTLE_ON(session_send, talker_send), PINTLE_ON(message_out, talker_message_out),
              PINTLE_ON(session_writable, talk))

static inline size_t fetch(size_t capacity) {
    size_t count = 99;
    OK(pintle_mailbox_fetch(host, events, sizeof events[0], capacity, &count));
    HOLDS(count <= capacity);
    for (size_t at = 0; at < count; at++) {
        HOLDS(events[at].size == sizeof events[at]);
    }
    return count;
}

/* The next event, which the host polls for. */
static inline const pintle_event_t *expect(uint32_t kind) {
    while (fetch(1) == 0) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
    }
    IS((int32_t)kind, (int32_t)events[0].kind);
    return &events[0];
}

static inline void holds(pintle_message_t message, const void *expected, size_t length) {
    pintle_bytes_t bytes = {NULL, 0};
    OK(pintle_message_view(zero, message, &bytes));
    HOLDS(bytes.length == length && memcmp(bytes.data, expected, length) == 0);
    OK(pintle_message_release(zero, message));
}

static inline pintle_message_t message_of(const char *text) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, strlen(text), &message));
    OK(pintle_message_write(zero, message, (const uint8_t *)text, strlen(text)));
    return message;
}

static inline int32_t send(pintle_session_t session, const char *text) {
    const pintle_message_t message = message_of(text);
    const int32_t status = pintle_session_send(zero, session, 0, message);
    OK(pintle_message_release(zero, message));
    return status;
}

static inline pintle_socket_t listen(const char *address) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_socket_listen(zero, socket, address, strlen(address)));
    return socket;
}

static inline void start(const pintle_callbacks_t *callbacks, uint32_t capacity) {
    const pintle_mailbox_options_t options = {sizeof options, capacity};
    pintle_instance_t instance;
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    if (callbacks != NULL) {
        OK(pintle_host_callbacks(host, callbacks, NULL));
    }
    OK(pintle_mailbox_open(host, &options));
    OK(pintle_host_add(host, &pintle_entry_talker, NULL, &instance));
}

#endif
