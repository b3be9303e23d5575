/*
 * A C program without callbacks: it asks a service for every line of its input, and fetches what comes of it.
 *
 *   printf 'one\ntwo\n' | ./mailbox-host echo.so
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <pintle/host.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The service of echo, and its request that a worker answers. */
#define ECHO 0x10000001
#define ECHO_SLOW 2

/** How many events are fetched at once. */
#define BATCH 32

typedef struct program_t {
    pintle_host_t *host;
    pintle_plugin_t *zero;
    pintle_session_t session;
    uint64_t asked;
    uint64_t done;
} program_t;

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

/** Prints an event, with the number of the line that it is about. */
static void tell(program_t *program, const pintle_event_t *event) {
    pintle_bytes_t bytes = {NULL, 0};
    if (event->message.bits != 0) {
        check_call(program->zero, pintle_message_view(program->zero, event->message, &bytes), "look at a message");
    }
    switch (event->kind) {
    case PINTLE_EVENT_RESULT:
        printf("%" PRIu64 ": %.*s\n", event->token, (int)bytes.length, (const char *)bytes.data);
        break;
    case PINTLE_EVENT_EXCEPTION:
        printf("%" PRIu64 " failed with %" PRId32 ": %.*s\n", event->token, event->code, (int)bytes.length,
               (const char *)bytes.data);
        break;
    case PINTLE_EVENT_DONE:
        program->done++;
        break;
    default:
        /* The other events are not used here. */
        break;
    }
    if (event->message.bits != 0) {
        check_call(program->zero, pintle_message_release(program->zero, event->message), "release a message");
    }
}

/** Waits until there is something to do, does it, and fetches all that came of it. */
static void turn(program_t *program) {
    pintle_event_t events[BATCH];
    size_t count = 0;
    check(program->host, pintle_host_poll(program->host, PINTLE_NEVER), "poll");
    do {
        check(program->host, pintle_mailbox_fetch(program->host, events, sizeof events[0], BATCH, &count), "fetch");
        for (size_t at = 0; at < count; at++) {
            tell(program, &events[at]);
        }
    } while (count > 0);
}

static void ask(program_t *program, const char *line) {
    pintle_request_options_t request = {
        .size = sizeof request, .service = ECHO, .id = ECHO_SLOW, .correlation = program->asked + 1};
    int32_t status;
    check_call(program->zero, pintle_message_acquire(program->zero, strlen(line), &request.message), "acquire a message");
    check_call(program->zero, pintle_message_write(program->zero, request.message, (const uint8_t *)line, strlen(line)),
          "write a message");
    /* A session has room for a limited number of requests that wait. If one is refused, the program fetches events first. */
    while ((status = pintle_session_request(program->zero, program->session, &request)) == PINTLE_E_AGAIN) {
        turn(program);
    }
    check_call(program->zero, status, "request");
    program->asked++;
}

int main(int count, char **arguments) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    program_t program = {0};
    pintle_instance_t instance;
    pintle_socket_t socket;
    char line[1024];

    check(NULL, pintle_host_new(NULL, &program.host), "start a host");
    check(program.host, pintle_host_self(program.host, &program.zero), "become plugin zero");
    /* Before the first plugin, so that nothing is missed. */
    check(program.host, pintle_mailbox_open(program.host, NULL), "open the mailbox");
    for (int at = 1; at < count; at++) {
        check(program.host, pintle_host_load(program.host, arguments[at], strlen(arguments[at]), NULL, &instance),
              "load a plugin");
    }
    check_call(program.zero, pintle_socket_open(program.zero, &mode, 1, &socket), "open a socket");
    check_call(program.zero, pintle_session_create(program.zero, socket, NULL, &program.session), "create a session");

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        ask(&program, line);
    }
    while (program.done < program.asked) {
        turn(&program);
    }
    printf("%" PRIu64 " lines, and as many answers\n", program.done);
    check(program.host, pintle_host_free(program.host), "free the host");
    return EXIT_SUCCESS;
}
