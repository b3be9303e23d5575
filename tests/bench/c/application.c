#include "application.h"

#include <pintle/host.h>
#include <string.h>

enum { RESULT_MAX = 2048, OWN = 0, TAKEN = 1, MESSAGES };

/* The number of the first message. */
#define FIRST UINT64_C(0x100000000)

static const uint8_t payload[64];

static pintle_plugin_t *zero;
static bench_handles_t begun;
static pintle_session_t created;
static pintle_message_t waiting;
static pintle_message_t messages[MESSAGES];
static uint8_t result[RESULT_MAX];
static int64_t result_length;

#define TRY(call) do { int32_t status_ = (call); if (status_ != PINTLE_OK) return -(int64_t)status_; } while (0)

static int32_t session_created(pintle_plugin_t *plugin, pintle_session_t session) {
    (void)plugin;
    created = session;
    return PINTLE_OK;
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                            pintle_message_t message) {
    (void)session;
    (void)channel;
    if (waiting.bits != 0) {
        return PINTLE_E_AGAIN;
    }
    waiting = message;
    return pintle_message_retain(plugin, message);
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    pintle_bytes_t bytes;
    if (info->kind != PINTLE_RESULT_RESULT) {
        result_length = info->code == PINTLE_OK ? result_length : -(int64_t)info->code;
        return PINTLE_OK;
    }
    if (pintle_message_view(plugin, info->message, &bytes) != PINTLE_OK || bytes.length > RESULT_MAX) {
        return PINTLE_E_CAPACITY;
    }
    memcpy(result, bytes.data, bytes.length);
    result_length = (int64_t)bytes.length;
    return PINTLE_OK;
}

static const pintle_callbacks_t callbacks = {
    .size = sizeof callbacks,
    .session_created = session_created,
    .session_send = session_send,
    .session_result = session_result,
};

static int64_t message_of(const uint8_t *data, size_t length, pintle_message_t *message) {
    TRY(pintle_message_acquire(zero, length, message));
    TRY(pintle_message_write(zero, *message, data, length));
    return 0;
}

static int64_t load(pintle_host_t *host, const char *path) {
    pintle_instance_t instance;
    TRY(pintle_host_load(host, path, strlen(path), NULL, &instance));
    return 0;
}

int64_t bench_start(const char *owner, const char *service, bench_handles_t *handles) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_host_t *host;
    pintle_socket_t socket;
    pintle_session_t own;
    int64_t done;
    TRY(pintle_host_new(NULL, &host));
    TRY(pintle_host_self(host, &zero));
    TRY(pintle_host_callbacks(host, &callbacks, NULL));
    if ((done = load(host, owner)) != 0 || (done = load(host, service)) != 0) {
        return done;
    }
    TRY(pintle_socket_open(zero, &mode, 1, &socket));
    handles->session = created.bits;
    TRY(pintle_session_create(zero, socket, NULL, &own));
    handles->own = own.bits;
    if ((done = message_of(payload, sizeof payload, &messages[OWN])) != 0) {
        return done;
    }
    handles->message = FIRST + OWN;
    begun = *handles;
    return 0;
}

int64_t bench_nothing(void) {
    return 0;
}

int64_t bench_client_id(uint64_t session) {
    int64_t id;
    TRY(pintle_session_client_id(zero, (pintle_session_t){session}, &id));
    return id;
}

int64_t bench_channel_mode(uint64_t session, uint32_t channel) {
    uint32_t mode;
    TRY(pintle_session_channel_mode(zero, (pintle_session_t){session}, channel, &mode));
    return mode;
}

int64_t bench_send(uint64_t session, uint32_t channel, const uint8_t *data, size_t length) {
    pintle_message_t message;
    int64_t done = message_of(data, length, &message);
    if (done != 0) {
        return done;
    }
    int32_t sent = pintle_session_send(zero, (pintle_session_t){session}, channel, message);
    TRY(pintle_message_release(zero, message));
    TRY(sent);
    return 0;
}

int64_t bench_length(uint64_t message) {
    size_t length;
    TRY(pintle_message_length(zero, messages[message - FIRST], &length));
    return (int64_t)length;
}

int64_t bench_view(uint64_t message, const uint8_t **data) {
    pintle_bytes_t bytes;
    TRY(pintle_message_view(zero, messages[message - FIRST], &bytes));
    *data = bytes.data;
    return (int64_t)bytes.length;
}

int64_t bench_read(uint64_t message, uint8_t *into, size_t capacity) {
    pintle_bytes_t bytes;
    TRY(pintle_message_view(zero, messages[message - FIRST], &bytes));
    if (bytes.length > capacity) {
        return -PINTLE_E_CAPACITY;
    }
    memcpy(into, bytes.data, bytes.length);
    return (int64_t)bytes.length;
}

int64_t bench_take(uint64_t own) {
    (void)own;
    messages[TAKEN] = waiting;
    waiting.bits = 0;
    return messages[TAKEN].bits == 0 ? -PINTLE_E_NOT_FOUND : (int64_t)(FIRST + TAKEN);
}

int64_t bench_release(uint64_t message) {
    TRY(pintle_message_release(zero, messages[message - FIRST]));
    return 0;
}

int64_t bench_call(uint64_t session, uint32_t service, uint32_t id, const uint8_t *data, size_t length,
                   const uint8_t **out) {
    pintle_message_t message;
    int64_t done = message_of(data, length, &message);
    if (done != 0) {
        return done;
    }
    result_length = -PINTLE_PENDING;
    const pintle_request_options_t options = {sizeof options, service, id, 0, 1, message};
    TRY(pintle_session_request(zero, (pintle_session_t){session}, &options));
    *out = result;
    return result_length;
}

static int64_t client_id(void) {
    return bench_client_id(begun.session);
}

static int64_t channel_mode(void) {
    return bench_channel_mode(begun.session, 0);
}

static int64_t send(void) {
    return bench_send(begun.session, 0, payload, sizeof payload);
}

static int64_t length(void) {
    return bench_length(begun.message);
}

static int64_t view(void) {
    const uint8_t *data;
    return bench_view(begun.message, &data);
}

static int64_t read(void) {
    uint8_t into[sizeof payload];
    return bench_read(begun.message, into, sizeof into);
}

static int64_t queue(void) {
    uint8_t into[sizeof payload];
    int64_t done = bench_send(begun.own, 0, payload, sizeof payload);
    int64_t taken = done < 0 ? done : bench_take(begun.own);
    if (taken < 0) {
        return taken;
    }
    done = bench_read((uint64_t)taken, into, sizeof into);
    return done < 0 ? done : bench_release((uint64_t)taken);
}

static int64_t call(void) {
    const uint8_t *data;
    return bench_call(begun.own, 7, 1, payload, sizeof payload, &data);
}

int64_t bench_repeat(const char *what, uint64_t count) {
    static const struct {
        const char *name;
        int64_t (*run)(void);
    } things[] = {
        {"nothing", bench_nothing}, {"client_id", client_id}, {"channel_mode", channel_mode}, {"send", send},
        {"length", length},         {"view", view},           {"read", read},                 {"queue", queue},
        {"call", call},
    };
    for (size_t index = 0; index < sizeof things / sizeof *things; index++) {
        if (strcmp(things[index].name, what) != 0) {
            continue;
        }
        int64_t done = 0;
        for (uint64_t number = 0; number < count && done >= 0; number++) {
            done = things[index].run();
        }
        return done;
    }
    return -PINTLE_E_NOT_FOUND;
}
