/*
 * What host.c and firmware.c do as plugin zero: the same steps, whatever turns the host. A program gives turn().
 */
#ifndef APPLICATION_H
#define APPLICATION_H

#include <pintle/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE 0x46

static pintle_plugin_t *zero;
/* The plugin's session, and the application's own. */
static pintle_session_t theirs;
static pintle_session_t ours;
/* What came in last, and how many requests are done. */
static char heard[32];
static unsigned done;

/* Lets the host go on. */
static void turn(void);

/* A call that does not succeed ends the program. */
#define OK(call) ok((call), #call, __LINE__)
#define HOLDS(condition) ok((condition) ? PINTLE_OK : PINTLE_PLUGIN_FIRST, #condition, __LINE__)

static void ok(int32_t status, const char *call, int line) {
    if (status != PINTLE_OK) {
        pintle_error_t error;
        memset(&error, 0, sizeof error);
        error.size = sizeof error;
        if (zero != NULL) {
            pintle_error_last(zero, &error);
        }
        fprintf(stderr, "line %d: %s is %d: %.*s\n", line, call, (int)status, (int)error.length,
                (const char *)error.text);
        exit(EXIT_FAILURE);
    }
}

/* A struct that is to be filled, and memory behind it that is none of the host's. */
#define GUARDED(type) \
    struct { \
        type filled; \
        unsigned char behind[64]; \
    }
#define PREPARE(guarded) \
    do { \
        memset(&(guarded), 0x5a, sizeof(guarded)); \
        (guarded).filled.size = sizeof(guarded).filled; \
    } while (0)
#define IS_INTACT(guarded) is_intact((guarded).behind, sizeof(guarded).behind)

static void is_intact(const unsigned char *bytes, size_t length) {
    for (size_t at = 0; at < length; at++) {
        HOLDS(bytes[at] == 0x5a);
    }
}

static void text_of(pintle_message_t message, char *text, size_t room) {
    size_t length = 0;
    OK(pintle_message_length(zero, message, &length));
    HOLDS(length < room);
    OK(pintle_message_read(zero, message, (uint8_t *)text, length));
    text[length] = '\0';
}

static pintle_message_t message_of(const char *text) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, strlen(text), &message));
    OK(pintle_message_write(zero, message, (const uint8_t *)text, strlen(text)));
    return message;
}

/* Where lines go: the log of plugins, with their names. What the host says itself may be bettered, and is left out. */
static void on_log(void *context, uint32_t level, const char *instance, size_t instance_length, const char *target,
                   size_t target_length, const char *text, size_t text_length) {
    (void)context, (void)level, (void)target, (void)target_length;
    if (instance_length > 0) {
        printf("%.*s: %.*s\n", (int)instance_length, instance, (int)text_length, text);
    }
}

static int32_t on_session_created(pintle_plugin_t *plugin, pintle_session_t session) {
    pintle_text_t user = {NULL, 0};
    GUARDED(pintle_address_t) place;
    PREPARE(place);
    theirs = session;
    OK(pintle_session_user(plugin, session, &user));
    OK(pintle_session_address(plugin, session, &place.filled));
    IS_INTACT(place);
    HOLDS(place.filled.family == PINTLE_FAMILY_NAMED && PINTLE_HAS(&place.filled, pintle_address_t, name));
    printf("application: a session of %.*s at %.*s\n", (int)user.length, user.data, (int)place.filled.name.length,
           place.filled.name.data);
    return PINTLE_OK;
}

static int32_t on_session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    (void)plugin, (void)data;
    printf("application: %s session is gone\n", session.bits == ours.bits ? "its own" : "another's");
    return PINTLE_OK;
}

static int32_t on_message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)plugin;
    HOLDS(PINTLE_HAS(info, pintle_message_info_t, request));
    text_of(info->message, heard, sizeof heard);
    printf("application: %s comes in, kind %u\n", heard, (unsigned)info->kind);
    return PINTLE_OK;
}

static int32_t on_session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                               pintle_message_t message) {
    char text[32];
    (void)plugin, (void)session;
    text_of(message, text, sizeof text);
    printf("application: %s for the peer, on channel %u\n", text, (unsigned)channel);
    return PINTLE_OK;
}

static int32_t on_session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    char text[32] = "nothing";
    (void)plugin;
    HOLDS(PINTLE_HAS(info, pintle_result_info_t, request));
    if (info->message.bits != 0) {
        text_of(info->message, text, sizeof text);
    }
    printf("application: answer %u to %u: code %d, %s\n", (unsigned)info->kind, (unsigned)info->correlation,
           (int)info->code, text);
    done += info->kind == PINTLE_RESULT_DONE;
    return PINTLE_OK;
}

static pintle_callbacks_t callbacks(void) {
    pintle_callbacks_t table;
    memset(&table, 0, sizeof table);
    table.size = sizeof table;
    table.session_created = on_session_created;
    table.session_destroyed = on_session_destroyed;
    table.message_in = on_message_in;
    table.session_send = on_session_send;
    table.session_result = on_session_result;
    return table;
}

static void send_text(pintle_session_t session, uint32_t channel, const char *text) {
    const pintle_message_t message = message_of(text);
    OK(pintle_session_send(zero, session, channel, message));
    OK(pintle_message_release(zero, message));
}

static void until(const char *text) {
    while (strcmp(heard, text) != 0) {
        turn();
    }
}

static void request(uint32_t id, const char *text) {
    const unsigned before = done;
    pintle_request_options_t options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.service = SERVICE;
    options.id = id;
    options.correlation = 10 * id;
    options.message = message_of(text);
    OK(pintle_session_request(zero, ours, &options));
    while (done == before) {
        turn();
    }
}

/* All that is done while the plugin lives. */
static void steps(void) {
    static const uint32_t modes[] = {PINTLE_MODE_RELIABLE, PINTLE_MODE_UNRELIABLE};
    pintle_socket_t socket;
    pintle_address_t place;
    pintle_session_options_t options;
    pintle_message_t message;
    uint64_t mean = 0;
    uint64_t deviation = 0;

    OK(pintle_socket_open(zero, modes, 2, &socket));
    OK(pintle_socket_listen(zero, socket, "frozen:here", 11));
    send_text(theirs, 0, "hello");

    memset(&place, 0, sizeof place);
    place.size = sizeof place;
    place.family = PINTLE_FAMILY_IPV4;
    place.port = 80;
    place.ip[0] = 10;
    place.ip[3] = 1;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.client_id = 9;
    options.address = &place;
    options.user.data = "bob";
    options.user.length = 3;
    options.protocol.data = "chat.2";
    options.protocol.length = 6;
    OK(pintle_session_create(zero, socket, &options, &ours));
    message = message_of("in");
    OK(pintle_session_receive(zero, ours, 0, message));
    OK(pintle_message_release(zero, message));
    send_text(ours, 1, "out");

    for (uint32_t id = 1; id <= 5; id++) {
        request(id, "stressed");
    }
    send_text(theirs, 0, "ask");
    send_text(theirs, 1, "tick");
    until("ticked");
    send_text(theirs, 0, "work");
    until("worked");

    OK(pintle_session_rtt(zero, theirs, &mean, &deviation));
    printf("application: the way takes %u, more or less %u\n", (unsigned)mean, (unsigned)deviation);
    OK(pintle_session_set_channel_mode(zero, theirs, 1, PINTLE_MODE_SEQUENCED));
    OK(pintle_session_disconnect(zero, theirs));
    OK(pintle_socket_close(zero, socket));
}

/* What the plugin left behind. */
static void tell(const pintle_receipt_t *receipt) {
    HOLDS(PINTLE_HAS(receipt, pintle_receipt_t, reason));
    printf("application: outcome %u, left behind: messages %u, sockets %u, sessions %u, requests %u, tasks %u, timers %u, "
           "watches %u\n",
           (unsigned)receipt->outcome, (unsigned)receipt->messages, (unsigned)receipt->sockets,
           (unsigned)receipt->sessions, (unsigned)receipt->requests, (unsigned)receipt->tasks,
           (unsigned)receipt->timers, (unsigned)receipt->watches);
}

#endif
