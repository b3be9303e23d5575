/* The scenario from C: see README.md. */
#include <pthread.h>

#include "application.h"

#define WORDS_MAX 8
#define FIVE_SECONDS UINT64_C(5000000000)

/** What a step is: its words behind the verb in, a status or a word of its own out. */
typedef const char *step_t(char **words);

static const char *folder;
static uint32_t workers;

/* The steps. */

static const struct {
    const char *name;
    size_t at;
} limit_names[] = {
    {"message_bytes", offsetof(pintle_limits_t, message_bytes)},
    {"large_message_bytes", offsetof(pintle_limits_t, large_message_bytes)},
    {"sessions", offsetof(pintle_limits_t, sessions)},
    {"requests_per_session", offsetof(pintle_limits_t, requests_per_session)},
};

static void set_limit(pintle_limits_t *limits, const char *word) {
    const char *number = strchr(word, '=') + 1;
    size_t at = 0;
    while (strncmp(word, limit_names[at].name, (size_t)(number - 1 - word)) != 0) {
        at++;
    }
    *(uint32_t *)((char *)limits + limit_names[at].at) = (uint32_t)strtoul(number, NULL, 10);
}

static const char *start(char **words) {
    pintle_limits_t limits = {.size = sizeof limits, .workers = workers > 0 ? workers : PINTLE_NO_WORKERS};
    int32_t status;
    for (; **words != '\0'; words++) {
        set_limit(&limits, *words);
    }
    status = pintle_host_new(&limits, &host);
    if (status == PINTLE_OK) {
        pintle_host_self(host, &zero);
        pintle_host_log_sink(host, on_log, NULL);
        status = pintle_host_callbacks(host, &callbacks, NULL);
    }
    return status_word(status);
}

static int32_t load(const char *file, const pintle_add_options_t *options, pintle_instance_t *instance) {
    char path[1024];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    return pintle_host_load(host, path, (size_t)length, options, instance);
}

static const char *plugin(char **words) {
    char file[32];
    uint8_t config[BYTES_MAX];
    const size_t length = bytes_of(words[3], config);
    const pintle_add_options_t options = {
        sizeof options, (int32_t)strtol(words[2], NULL, 10), {words[0], strlen(words[0])}, {(char *)config, length}};
    pintle_instance_t instance = {0};
    snprintf(file, sizeof file, "%s.so", words[1]);
    const int32_t status = load(file, &options, &instance);
    return named(status, words[0], instance.bits);
}

static const char *file(char **words) {
    pintle_instance_t instance;
    return status_word(load(words[0], NULL, &instance));
}

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
    const int32_t status = pintle_session_create(zero, (pintle_socket_t){object(words[1])},
                                                 strtoll(words[2], NULL, 10), NULL, &created);
    return named(status, words[0], created.bits);
}

static const char *client(char **words) {
    static char word[32];
    int64_t id = 0;
    const int32_t status = pintle_session_client_id(zero, session(words[0]), &id);
    snprintf(word, sizeof word, "%" PRId64, id);
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
        status = pintle_session_request(zero, request->session, (uint32_t)strtoul(words[2], NULL, 16),
                                        (uint32_t)atoi(words[3]), request_count, message);
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

static const char *settle(char **words) {
    (void)words;
    for (size_t at = settled; at < request_count; at++) {
        while (!requests[at].done) {
            pintle_host_poll(host, PINTLE_NEVER);
        }
        for (size_t result = 0; result < result_count; result++) {
            if (results[result].request == at) {
                printf("    %s %s\n", requests[at].name, results[result].text);
            }
        }
    }
    settled = request_count;
    return "OK";
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

static const char *unload(char **words) {
    static char word[64];
    pintle_receipt_t receipt = {.size = sizeof receipt};
    const int32_t status =
        pintle_host_unload(host, (pintle_instance_t){object(words[0])}, FIVE_SECONDS, &receipt);
    if (status != PINTLE_OK) {
        return status_word(status);
    }
    const int64_t left = (int64_t)receipt.messages + receipt.sockets + receipt.sessions + receipt.requests +
                         receipt.tasks + receipt.timers + receipt.watches;
    snprintf(word, sizeof word, "%s, calls %" PRIu64 ", left %" PRId64,
             receipt.outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "not stopped", receipt.calls, left);
    return word;
}

/* What is refused by the host here has no words at all in some other languages. */

static const char *refused(int32_t expected, int32_t status) {
    return status == expected ? "refused" : status_word(status);
}

static const char *forge(char **words) {
    const uint64_t slot = UINT64_C(1) << (PINTLE_HANDLE_SLOT_BITS - 1);
    return refused(PINTLE_E_HANDLE, pintle_session_disconnect(zero, (pintle_session_t){object(words[0]) ^ slot}));
}

typedef struct elsewhere_t {
    char **words;
    int32_t status;
} elsewhere_t;

static void *send_elsewhere(void *data) {
    elsewhere_t *elsewhere = data;
    elsewhere->status = pass(pintle_session_send, elsewhere->words);
    return NULL;
}

static const char *elsewhere(char **words) {
    elsewhere_t elsewhere = {words, PINTLE_OK};
    pthread_t thread;
    if (pthread_create(&thread, NULL, send_elsewhere, &elsewhere) == 0) {
        pthread_join(thread, NULL);
    }
    return refused(PINTLE_E_WRONG_THREAD, elsewhere.status);
}

static const char *foreign(char **words) {
    pintle_host_t *other = NULL;
    pintle_plugin_t *self = NULL;
    pintle_message_t message;
    int32_t status = pintle_host_new(NULL, &other);
    if (status == PINTLE_OK) {
        pintle_host_self(other, &self);
        status = message_of(self, words[2], &message);
    }
    if (status == PINTLE_OK) {
        status = pintle_session_send(zero, session(words[0]), (uint32_t)atoi(words[1]), message);
    }
    pintle_host_free(other);
    return status_word(status);
}

static const char *end(char **words) {
    (void)words;
    const int32_t status = host == NULL ? PINTLE_OK : pintle_host_free(host);
    host = status == PINTLE_OK ? NULL : host;
    return status_word(status);
}

static const struct {
    const char *verb;
    step_t *run;
} steps[] = {
    {"host", start},        {"plugin", plugin}, {"socket", open_socket}, {"session", create_session},
    {"client", client},     {"mode", mode},     {"change", change},      {"receive", receive_bytes},
    {"send", send_bytes},   {"answer", set_answer}, {"request", ask},        {"cancel", cancel},
    {"settle", settle},     {"disconnect", disconnect}, {"close", close_object}, {"unload", unload},
    {"forge", forge},       {"!file", file},    {"!elsewhere", elsewhere}, {"!foreign", foreign},
    {"end", end},
};

static void step(char *line) {
    char *words[WORDS_MAX];
    const char *verb = next_word(&line);
    size_t at = 0;
    for (size_t word = 0; word < WORDS_MAX; word++) {
        words[word] = next_word(&line);
    }
    while (at < sizeof steps / sizeof steps[0] && strcmp(steps[at].verb, verb) != 0) {
        at++;
    }
    printf("    %s\n", at < sizeof steps / sizeof steps[0] ? steps[at].run(words) : "no such verb");
}

int main(int count, char **arguments) {
    char line[1024];
    FILE *file = count == 4 ? fopen(arguments[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: %s steps.txt FOLDER-OF-PLUGINS WORKERS\n", arguments[0]);
        return EXIT_FAILURE;
    }
    folder = arguments[2];
    workers = (uint32_t)strtoul(arguments[3], NULL, 10);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#') {
            puts(line);
            step(line);
        }
    }
    fclose(file);
    return EXIT_SUCCESS;
}
