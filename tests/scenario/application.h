/* The application of the scenario: what its objects are called, and what happens to them. */
#ifndef APPLICATION_H
#define APPLICATION_H

#include "words.h"

/** The most sockets, sessions and plugins together that have a name, and the most requests. */
#define NAMES_MAX 24
/** The most answers that are told by one `settle`. */
#define RESULTS_MAX 8

typedef struct object_t {
    char name[16];
    uint64_t bits;
} object_t;

typedef struct request_t {
    char name[16];
    pintle_session_t session;
    bool done;
} request_t;

/** A line that tells one answer to a request. */
typedef struct result_t {
    size_t request;
    char text[128];
} result_t;

static pintle_plugin_t *zero;
static int32_t answer;
static bool answer_close;
static object_t objects[NAMES_MAX];
static size_t object_count;
static request_t requests[NAMES_MAX];
static size_t request_count;
static size_t settled;
static result_t results[RESULTS_MAX];
static size_t result_count;

/** How a step ended that named a new object. */
static const char *named(int32_t status, const char *name, uint64_t bits) {
    if (status == PINTLE_OK) {
        object_t *object = &objects[object_count++];
        snprintf(object->name, sizeof object->name, "%s", name);
        object->bits = bits;
    }
    return status_word(status);
}

/** The newest object of this name; 0, which is no handle, if there is none. */
static uint64_t object(const char *name) {
    size_t at = object_count;
    while (at > 0 && strcmp(objects[at - 1].name, name) != 0) {
        at--;
    }
    return at > 0 ? objects[at - 1].bits : 0;
}

static const char *name_of(pintle_session_t session) {
    size_t at = 0;
    while (objects[at].bits != session.bits) {
        at++;
    }
    return objects[at].name;
}

static pintle_session_t session(const char *name) {
    return (pintle_session_t){object(name)};
}

/* The application. */

static const char *view(pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    pintle_message_view(zero, message, &bytes);
    return bytes_word(bytes);
}

static int32_t on_session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                               pintle_message_t message) {
    printf("    out %s %" PRIu32 " %s\n", name_of(session), channel, view(message));
    return answer_close ? pintle_session_destroy(plugin, session) : answer;
}

/** Keeps one answer to a request until it is told: one of the PINTLE_RESULT_* kinds. */
static void keep(uint64_t token, uint32_t kind, int32_t code, pintle_message_t message) {
    result_t *result = &results[result_count++];
    result->request = (size_t)token;
    switch (kind) {
    case PINTLE_RESULT_RESULT:
        snprintf(result->text, sizeof result->text, "result %s", view(message));
        break;
    case PINTLE_RESULT_EXCEPTION:
        snprintf(result->text, sizeof result->text, "exception %s %s", status_word(code), view(message));
        break;
    default:
        snprintf(result->text, sizeof result->text, "done %s", status_word(code));
        requests[token].done = true;
    }
}

static int32_t on_session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    (void)plugin;
    keep(info->correlation, info->kind, info->code, info->message);
    return PINTLE_OK;
}

static int32_t on_session_disconnect(pintle_plugin_t *plugin, pintle_session_t session) {
    (void)plugin;
    printf("    disconnect %s\n", name_of(session));
    return PINTLE_OK;
}

static int32_t on_session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    (void)plugin;
    (void)data;
    printf("    ended %s\n", name_of(session));
    return PINTLE_OK;
}

static void on_log(void *context, uint32_t level, const char *instance, size_t instance_length, const char *target,
                   size_t target_length, const char *text, size_t text_length) {
    (void)context;
    (void)level;
    (void)target;
    (void)target_length;
    if (instance_length > 0) {
        printf("    log %.*s: %.*s\n", (int)instance_length, instance, (int)text_length, text);
    }
}

static const pintle_callbacks_t callbacks = {
    .size = sizeof callbacks,
    .session_send = on_session_send,
    .session_result = on_session_result,
    .session_disconnect = on_session_disconnect,
    .session_destroyed = on_session_destroyed,
};

#endif
