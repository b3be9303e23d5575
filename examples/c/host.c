/*
 * A host in C: loads plugins, plays one peer of theirs, and says what each of them left behind.
 *
 *   ./c-host stats.so echo.so
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <pintle/host.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The service of echo. */
#define ECHO 0x10000001
#define ECHO_FAST 1
#define ECHO_SLOW 2

#define FIVE_SECONDS UINT64_C(5000000000)

/** The state of plugin zero's callbacks. */
typedef struct application_t {
    pintle_host_t *host;
    int waiting;
} application_t;

/** Ends the program with the words for what failed. */
static void fail(const char *what, int32_t status, const void *words, size_t length) {
    fprintf(stderr, "cannot %s: status %" PRId32 " %.*s\n", what, status, (int)length, (const char *)words);
    exit(EXIT_FAILURE);
}

/** Looks at the answer of a call of the host, whose words are those of this thread's last such call. */
static void check(pintle_host_t *host, int32_t status, const char *what) {
    if (status != PINTLE_OK) {
        pintle_text_t text = {NULL, 0};
        (void)pintle_host_error_text(host, &text);
        fail(what, status, text.data, text.length);
    }
}

/** Looks at the answer of a call that plugin zero made: its words are kept as those of a plugin are. */
static void check_call(pintle_plugin_t *zero, int32_t status, const char *what) {
    if (status != PINTLE_OK) {
        pintle_error_t error = {.size = sizeof error};
        (void)pintle_error_last(zero, &error);
        fail(what, status, error.text, error.code == status ? error.length : 0);
    }
}

static void print(pintle_plugin_t *plugin, const char *what, pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    if (pintle_message_view(plugin, message, &bytes) == PINTLE_OK) {
        printf("%s: %.*s\n", what, (int)bytes.length, (const char *)bytes.data);
    }
}

/* The callbacks. The application owns the session, so it moves the bytes to the peer. */

static int32_t on_session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                               pintle_message_t message) {
    (void)session;
    (void)channel;
    print(plugin, "to the peer", message);
    return PINTLE_OK;
}

static int32_t on_session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    application_t *application = plugin->data;
    switch (info->kind) {
    case PINTLE_RESULT_RESULT:
        print(plugin, info->correlation == ECHO_FAST ? "fast result" : "slow result", info->message);
        return PINTLE_OK;
    case PINTLE_RESULT_EXCEPTION:
        printf("exception %" PRId32 "\n", info->code);
        return PINTLE_OK;
    default:
        break;
    }
    printf("request %" PRIu64 " is done: status %" PRId32 "\n", info->correlation, info->code);
    if (--application->waiting == 0) {
        pintle_host_stop(application->host);
    }
    return PINTLE_OK;
}

static const pintle_callbacks_t callbacks = {
    .size = sizeof callbacks,
    .session_send = on_session_send,
    .session_result = on_session_result,
};

/** A message with this text; the caller's reference is the only one. */
static pintle_message_t message_of(pintle_plugin_t *zero, const char *text) {
    pintle_message_t message;
    check_call(zero, pintle_message_acquire(zero, strlen(text), &message), "acquire a message");
    check_call(zero, pintle_message_write(zero, message, (const uint8_t *)text, strlen(text)), "write a message");
    return message;
}

static void play(application_t *application, pintle_plugin_t *zero) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_message_t message;
    pintle_request_options_t request = {
        .size = sizeof request, .service = ECHO, .id = ECHO_FAST, .correlation = ECHO_FAST};

    check_call(zero, pintle_socket_open(zero, &mode, 1, &socket), "open a socket");
    check_call(zero, pintle_session_create(zero, socket, NULL, &session), "create a session");

    /* A message from the peer passes the filters of the plugins. */
    message = message_of(zero, "hello, host");
    check_call(zero, pintle_session_receive(zero, session, 0, message), "receive");
    check_call(zero, pintle_message_release(zero, message), "release");

    message = message_of(zero, "hello, peer");
    check_call(zero, pintle_session_send(zero, session, 0, message), "send");
    check_call(zero, pintle_message_release(zero, message), "release");

    /* A request takes its message over: there is nothing to release. The slow one is answered by a worker. */
    application->waiting = 2;
    request.message = message_of(zero, "quickly");
    check_call(zero, pintle_session_request(zero, session, &request), "request");
    request.id = ECHO_SLOW;
    request.correlation = ECHO_SLOW;
    request.message = message_of(zero, "at leisure");
    check_call(zero, pintle_session_request(zero, session, &request), "request");
    check(application->host, pintle_host_run(application->host), "run");

    check_call(zero, pintle_socket_close(zero, socket), "close the socket");
}

/** Prints the receipt of a plugin that has ended. */
static void on_ended(void *context, const char *name, size_t length, const pintle_receipt_t *receipt) {
    (void)context;
    printf("%.*s: %s after %" PRIu64 " calls, left %" PRIu32 " messages and %" PRIu32 " timers behind\n", (int)length,
           name, receipt->outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "did not stop", receipt->calls,
           receipt->messages, receipt->timers);
}

int main(int count, char **arguments) {
    application_t application = {NULL, 0};
    pintle_host_t *host = NULL;
    pintle_plugin_t *zero = NULL;

    check(NULL, pintle_host_new(NULL, &host), "start a host");
    application.host = host;
    check(host, pintle_host_self(host, &zero), "become plugin zero");
    check(host, pintle_host_callbacks(host, &callbacks, &application), "give callbacks");
    for (int index = 1; index < count; index++) {
        const char *path = arguments[index];
        pintle_instance_t instance;
        check(host, pintle_host_load(host, path, strlen(path), NULL, &instance), "load a plugin");
    }
    play(&application, zero);

    /* All plugins together have five seconds to stop. */
    check(host, pintle_host_close(host, FIVE_SECONDS, on_ended, NULL), "end the host");
    return 0;
}
