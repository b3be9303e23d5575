/*
 * A C server that drives Pintle from its own epoll loop: the host is one more fd, and one more deadline.
 *
 *   ./epoll-host stats.so <lines
 *
 * Every line of its input is sent to a peer, which here is its output; the loop ends with the input.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#define _POSIX_C_SOURCE 200809L
#include <pintle/host.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

/** A server, of which Pintle is a part. */
typedef struct server_t {
    pintle_host_t *host;
    pintle_plugin_t *zero;
    pintle_session_t session;
    char line[LINE_MAX_BYTES];
    size_t length;
    int input_ended;
    uint32_t ticks;
} server_t;

/** Ends the program with the words for what failed. */
static void fail(const char *what, int32_t status, const void *words, size_t length) {
    fprintf(stderr, "cannot %s: status %" PRId32 " %.*s\n", what, status, (int)length, (const char *)words);
    exit(EXIT_FAILURE);
}

/** Looks at the answer of a call of the host, whose words are those of this thread's last such call. */
static void check(server_t *server, int32_t status, const char *what) {
    if (status != PINTLE_OK) {
        pintle_text_t text = {NULL, 0};
        (void)pintle_host_error_text(server->host, &text);
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

static void must(int done, const char *what) {
    if (!done) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

/* The functions that Pintle calls: for messages to the peer that have passed the filters, and for a timer. */

static int32_t on_session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                               pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    (void)session;
    (void)channel;
    if (pintle_message_view(plugin, message, &bytes) == PINTLE_OK) {
        printf("%.*s\n", (int)bytes.length, (const char *)bytes.data);
    }
    return PINTLE_OK;
}

static int32_t on_tick(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    server_t *server = data;
    (void)plugin;
    (void)timer;
    server->ticks++;
    return PINTLE_OK;
}

static const pintle_callbacks_t callbacks = {.size = sizeof callbacks, .session_send = on_session_send};

/** Milliseconds until the host has something to do, rounded up; -1 if nothing waits. */
static int time_left(server_t *server) {
    uint64_t deadline = PINTLE_NEVER;
    struct timespec now;
    check(server, pintle_host_next_deadline(server->host, &deadline), "ask for the next deadline");
    if (deadline == PINTLE_NEVER) {
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t passed = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    if (deadline <= passed) {
        return 0;
    }
    const uint64_t left = (deadline - passed + 999999) / 1000000;
    return left > 60000 ? 60000 : (int)left;
}

static void send_line(server_t *server) {
    pintle_message_t message;
    check_call(server->zero, pintle_message_acquire(server->zero, server->length, &message), "acquire a message");
    check_call(server->zero, pintle_message_write(server->zero, message, (const uint8_t *)server->line, server->length),
          "write a message");
    check_call(server->zero, pintle_session_send(server->zero, server->session, 0, message), "send");
    check_call(server->zero, pintle_message_release(server->zero, message), "release");
    server->length = 0;
}

static void read_input(server_t *server) {
    char bytes[512];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) {
        return;
    }
    must(count >= 0, "read");
    server->input_ended = count == 0;
    if (server->input_ended && server->length != 0) {
        /* The last line has no end. */
        send_line(server);
    }
    for (ssize_t at = 0; at < count; at++) {
        if (bytes[at] == '\n' || server->length == sizeof server->line) {
            send_line(server);
        }
        if (bytes[at] != '\n') {
            server->line[server->length++] = bytes[at];
        }
    }
}

static void loop(server_t *server) {
    struct epoll_event event = {.events = EPOLLIN};
    int pollable = -1;
    const int set = epoll_create1(EPOLL_CLOEXEC);
    must(set >= 0, "epoll_create1");
    must(epoll_ctl(set, EPOLL_CTL_ADD, STDIN_FILENO, &event) == 0, "watch the input, which must be a pipe or a terminal");
    check(server, pintle_host_pollable(server->host, &pollable), "ask for the fd");
    event.data.fd = pollable;
    must(epoll_ctl(set, EPOLL_CTL_ADD, pollable, &event) == 0, "watch the host");

    while (!server->input_ended || server->ticks == 0) {
        struct epoll_event ready[4];
        const int count = epoll_wait(set, ready, 4, time_left(server));
        /* A signal that was handled ends the wait. */
        must(count >= 0 || errno == EINTR, "epoll_wait");
        for (int index = 0; index < count; index++) {
            if (ready[index].data.fd == STDIN_FILENO) {
                read_input(server);
            }
        }
        if (server->input_ended) {
            epoll_ctl(set, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        }
        /* Its fd was ready, or its deadline has come; if neither, this does nothing. */
        check(server, pintle_host_poll(server->host, 0), "take a turn");
    }
    close(set);
}

int main(int count, char **arguments) {
    server_t server = {0};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_timer_t timer;

    check(&server, pintle_host_new(NULL, &server.host), "start a host");
    check(&server, pintle_host_self(server.host, &server.zero), "become plugin zero");
    check(&server, pintle_host_callbacks(server.host, &callbacks, &server), "give callbacks");
    for (int index = 1; index < count; index++) {
        pintle_instance_t instance;
        const char *path = arguments[index];
        check(&server, pintle_host_load(server.host, path, strlen(path), NULL, &instance), "load a plugin");
    }
    check_call(server.zero, pintle_socket_open(server.zero, &mode, 1, &socket), "open a socket");
    check_call(server.zero, pintle_session_create(server.zero, socket, NULL, &server.session), "create a session");
    check_call(server.zero, pintle_executor_start_timer(server.zero, 1000000, 0, on_tick, &server, &timer), "start a timer");
    loop(&server);

    /* Freeing the host stops and destroys the plugins. */
    check(&server, pintle_host_free(server.host), "free the host");
    printf("the input has ended, and the timer ran %" PRIu32 " time\n", server.ticks);
    return 0;
}
