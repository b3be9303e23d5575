/* The scenario from C: see README.md. */
#include <pthread.h>

#include "steps.h"

#define FIVE_SECONDS UINT64_C(5000000000)

static const char *folder;
static uint32_t workers;
static pintle_host_t *host;

/** What comes of requests is fetched; the rest of the application has callbacks. */
static void fetch(const pintle_event_t *event) {
    switch (event->kind) {
    case PINTLE_EVENT_RESULT:
        keep(event->token, PINTLE_RESULT_RESULT, event->code, event->message);
        break;
    case PINTLE_EVENT_EXCEPTION:
        keep(event->token, PINTLE_RESULT_EXCEPTION, event->code, event->message);
        break;
    case PINTLE_EVENT_DONE:
        keep(event->token, PINTLE_RESULT_DONE, event->code, event->message);
        break;
    default:
        break;
    }
    if (event->message.bits != 0) {
        pintle_message_release(zero, event->message);
    }
}

static void turn(void) {
    pintle_event_t events[8];
    size_t count = 0;
    pintle_host_poll(host, PINTLE_NEVER);
    do {
        pintle_mailbox_fetch(host, events, sizeof events[0], sizeof events / sizeof events[0], &count);
        for (size_t at = 0; at < count; at++) {
            fetch(&events[at]);
        }
    } while (count > 0);
}

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
        pintle_callbacks_t own = callbacks;
        own.session_result = NULL;
        status = pintle_host_callbacks(host, &own, NULL);
    }
    if (status == PINTLE_OK) {
        status = pintle_mailbox_open(host, NULL);
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

static const verb_t verbs[] = {
    {"host", start},
    {"plugin", plugin},
    {"unload", unload},
    {"!file", file},
    {"!elsewhere", elsewhere},
    {"!foreign", foreign},
    {"end", end},
};

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
            step(verbs, sizeof verbs / sizeof verbs[0], line);
        }
    }
    fclose(file);
    return EXIT_SUCCESS;
}
