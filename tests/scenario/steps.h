/* The steps that plugin zero takes, whatever its host is. */
#ifndef STEPS_H
#define STEPS_H

#include "application.h"

#define WORDS_MAX 8

/** What a step is: its words behind the verb in, a status or a word of its own out. */
typedef const char *step_t(char **words);

/** A verb, and what it does. */
typedef struct verb_t {
    const char *verb;
    step_t *run;
} verb_t;

/** Waits until there is something to do, and does it: the program's own. */
static void turn(void);

static const char *open_socket(char **words) {
    uint32_t channels[WORDS_MAX];
    size_t count = 0;
    pintle_socket_t socket = {0};
    for (; *words[count + 1] != '\0'; count++) {
        channels[count] = mode_of(words[count + 1]);
    }
    const int32_t status = pintle_socket_open(zero, channels, count, &socket);
    return named(status, words[0], socket.bits);
}

static const char *create_session(char **words) {
    pintle_session_t created = {0};
    const pintle_session_options_t options = {.size = sizeof options, .client_id = strtoll(words[2], NULL, 10)};
    const int32_t status =
        pintle_session_create(zero, (pintle_socket_t){object(words[1])}, &options, &created);
    return named(status, words[0], created.bits);
}

static const char *client(char **words) {
    static char word[32];
    int64_t id = 0;
    const int32_t status = pintle_session_client_id(zero, session(words[0]), &id);
    snprintf(word, sizeof word, "%lld", (long long)id);
    return status == PINTLE_OK ? word : status_word(status);
}

static const char *mode(char **words) {
    uint32_t mode = 0;
    const int32_t status = pintle_session_channel_mode(zero, session(words[0]), (uint32_t)atoi(words[1]), &mode);
    return status == PINTLE_OK ? modes[mode] : status_word(status);
}

static const char *change(char **words) {
    return status_word(pintle_session_set_channel_mode(zero, session(words[0]), (uint32_t)atoi(words[1]),
                                                       mode_of(words[2])));
}

static int32_t message_of(pintle_plugin_t *plugin, const char *word, pintle_message_t *message) {
    uint8_t bytes[BYTES_MAX];
    const size_t length = bytes_of(word, bytes);
    const int32_t status = pintle_message_acquire(plugin, length, message);
    return status == PINTLE_OK ? pintle_message_write(plugin, *message, bytes, length) : status;
}

static int32_t pass(int32_t (*on)(pintle_plugin_t *, pintle_session_t, uint32_t, pintle_message_t), char **words) {
    pintle_message_t message;
    int32_t status = message_of(zero, words[2], &message);
    if (status == PINTLE_OK) {
        status = on(zero, session(words[0]), (uint32_t)atoi(words[1]), message);
        pintle_message_release(zero, message);
    }
    return status;
}

static const char *receive_bytes(char **words) {
    return status_word(pass(pintle_session_receive, words));
}

static const char *send_bytes(char **words) {
    return status_word(pass(pintle_session_send, words));
}

static const char *set_answer(char **words) {
    answer_close = strcmp(words[0], "close") == 0;
    answer = answer_close ? PINTLE_OK : status_of(words[0]);
    return "OK";
}

static const char *ask(char **words) {
    pintle_message_t message;
    request_t *request = &requests[request_count];
    int32_t status = message_of(zero, words[4], &message);
    if (status == PINTLE_OK) {
        snprintf(request->name, sizeof request->name, "%s", words[0]);
        request->session = session(words[1]);
        const pintle_request_options_t options = {sizeof options, (uint32_t)strtoul(words[2], NULL, 16), (uint32_t)atoi(words[3]), 0, request_count, message};
        status = pintle_session_request(zero, request->session, &options);
        if (status == PINTLE_OK) {
            request_count++;
        } else {
            pintle_message_release(zero, message);
        }
    }
    return status_word(status);
}

static const char *cancel(char **words) {
    size_t at = 0;
    while (strcmp(requests[at].name, words[0]) != 0) {
        at++;
    }
    return status_word(pintle_session_cancel(zero, requests[at].session, at));
}

static const char *disconnect(char **words) {
    return status_word(pintle_session_disconnect(zero, session(words[0])));
}

/** Sockets and sessions: whatever the name stands for. */
static const char *close_object(char **words) {
    const uint64_t bits = object(words[0]);
    int32_t status = pintle_session_destroy(zero, (pintle_session_t){bits});
    if (status == PINTLE_E_KIND) {
        status = pintle_socket_close(zero, (pintle_socket_t){bits});
    }
    return status_word(status == PINTLE_E_STALE ? PINTLE_OK : status);
}

/** What is refused by the host here has no words at all in some other languages. */
static const char *refused(int32_t expected, int32_t status) {
    return status == expected ? "refused" : status_word(status);
}

static const char *forge(char **words) {
    (void)words;
    return refused(PINTLE_E_HANDLE, pintle_session_disconnect(zero, (pintle_session_t){1}));
}

static const char *settle(char **words) {
    (void)words;
    for (size_t at = settled; at < request_count; at++) {
        while (!requests[at].done) {
            turn();
        }
        for (size_t result = 0; result < result_count; result++) {
            if (results[result].request == at) {
                printf("    %s %s\n", requests[at].name, results[result].text);
            }
        }
    }
    settled = request_count;
    result_count = 0;
    return "OK";
}

static const verb_t common_verbs[] = {
    {"socket", open_socket},
    {"session", create_session},
    {"client", client},
    {"mode", mode},
    {"change", change},
    {"receive", receive_bytes},
    {"send", send_bytes},
    {"answer", set_answer},
    {"request", ask},
    {"cancel", cancel},
    {"settle", settle},
    {"disconnect", disconnect},
    {"close", close_object},
    {"forge", forge},
};

static step_t *find(const verb_t *verbs, size_t count, const char *verb) {
    size_t at = 0;
    while (at < count && strcmp(verbs[at].verb, verb) != 0) {
        at++;
    }
    return at < count ? verbs[at].run : NULL;
}

/** Takes a step with a verb of the program's own, or one of those above. */
static void step(const verb_t *verbs, size_t count, char *line) {
    char *words[WORDS_MAX];
    const char *verb = next_word(&line);
    step_t *run = find(verbs, count, verb);
    for (size_t word = 0; word < WORDS_MAX; word++) {
        words[word] = next_word(&line);
    }
    if (run == NULL) {
        run = find(common_verbs, sizeof common_verbs / sizeof common_verbs[0], verb);
    }
    printf("    %s\n", run == NULL ? "no such verb" : run(words));
}

#endif
