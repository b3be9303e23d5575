/* The floor: Node-API by hand. Every operation in two shapes: a function whose first argument is a handle, and a method
 * whose own data pointer is the handle: the shape that the package has. */
#include <node_api.h>

#include "application.h"

enum { ARGUMENTS_MAX = 4, PATH_BYTES = 4096 };

static napi_value refuse(napi_env env, const char *text) {
    napi_throw_error(env, NULL, text);
    return NULL;
}

static inline int integer(napi_env env, napi_value value, int64_t *out) {
    return napi_get_value_int64(env, value, out) == napi_ok || (refuse(env, "a number is expected"), 0);
}

static inline int input(napi_env env, napi_value value, const uint8_t **data, size_t *length) {
    return napi_get_buffer_info(env, value, (void **)data, length) == napi_ok ||
           (refuse(env, "a Uint8Array is expected"), 0);
}

static inline napi_value number(napi_env env, int64_t result) {
    napi_value value;
    if (result < 0) {
        return refuse(env, "the host refuses");
    }
    napi_create_double(env, (double)result, &value);
    return value;
}

static inline napi_value client_id(napi_env env, uint64_t session, const napi_value *arguments) {
    (void)arguments;
    return number(env, bench_client_id(session));
}

static inline napi_value channel_mode(napi_env env, uint64_t session, const napi_value *arguments) {
    int64_t channel;
    return integer(env, arguments[0], &channel) ? number(env, bench_channel_mode(session, (uint32_t)channel)) : NULL;
}

static inline napi_value send(napi_env env, uint64_t session, const napi_value *arguments) {
    const uint8_t *data;
    size_t length;
    if (!input(env, arguments[0], &data, &length)) {
        return NULL;
    }
    return bench_send(session, 0, data, length) < 0 ? refuse(env, "the host refuses") : NULL;
}

static inline napi_value length(napi_env env, uint64_t message, const napi_value *arguments) {
    (void)arguments;
    return number(env, bench_length(message));
}

static inline napi_value read_into(napi_env env, uint64_t message, const napi_value *arguments) {
    const uint8_t *into;
    size_t capacity;
    return input(env, arguments[0], &into, &capacity) ? number(env, bench_read(message, (uint8_t *)into, capacity)) : NULL;
}

static inline napi_value release(napi_env env, uint64_t message, const napi_value *arguments) {
    (void)arguments;
    return bench_release(message) < 0 ? refuse(env, "the host refuses") : NULL;
}

/* A number for both shapes: the functions of an object for every message that comes cost more than all the rest. */
static inline napi_value take(napi_env env, uint64_t own, const napi_value *arguments) {
    (void)arguments;
    return number(env, bench_take(own));
}

/* A promise of an array, as `Session.call` gives. */
static inline napi_value call(napi_env env, uint64_t session, const napi_value *arguments) {
    int64_t service, id;
    const uint8_t *data, *result = NULL;
    size_t length;
    napi_deferred deferred;
    napi_value item, promise, results;
    if (!integer(env, arguments[0], &service) || !integer(env, arguments[1], &id) ||
        !input(env, arguments[2], &data, &length)) {
        return NULL;
    }
    int64_t answered = bench_call(session, (uint32_t)service, (uint32_t)id, data, length, &result);
    if (answered < 0) {
        return refuse(env, "the host refuses");
    }
    napi_create_buffer_copy(env, (size_t)answered, result, NULL, &item);
    napi_create_array_with_length(env, 1, &results);
    napi_set_element(env, results, 0, item);
    napi_create_promise(env, &deferred, &promise);
    napi_resolve_deferred(env, deferred, results);
    return promise;
}

#define BOTH(operation, wanted)                                                                                  \
    static napi_value operation##_function(napi_env env, napi_callback_info info) {                              \
        size_t count = 1 + wanted;                                                                               \
        napi_value arguments[ARGUMENTS_MAX];                                                                     \
        int64_t handle;                                                                                          \
        napi_get_cb_info(env, info, &count, arguments, NULL, NULL);                                              \
        return integer(env, arguments[0], &handle) ? operation(env, (uint64_t)handle, arguments + 1) : NULL;     \
    }                                                                                                            \
    static napi_value operation##_method(napi_env env, napi_callback_info info) {                                \
        size_t count = wanted;                                                                                   \
        napi_value arguments[ARGUMENTS_MAX];                                                                     \
        void *handle;                                                                                            \
        napi_get_cb_info(env, info, &count, arguments, NULL, &handle);                                           \
        return operation(env, (uint64_t)(uintptr_t)handle, arguments);                                           \
    }

BOTH(client_id, 0)
BOTH(channel_mode, 1)
BOTH(send, 1)
BOTH(length, 0)
BOTH(read_into, 1)
BOTH(take, 0)
BOTH(release, 0)
BOTH(call, 3)

static napi_value nothing(napi_env env, napi_callback_info info) {
    (void)env;
    (void)info;
    bench_nothing();
    return NULL;
}

static const napi_property_descriptor functions[] = {
    {.utf8name = "nothing", .method = nothing},
    {.utf8name = "clientId", .method = client_id_function},
    {.utf8name = "channelMode", .method = channel_mode_function},
    {.utf8name = "send", .method = send_function},
    {.utf8name = "length", .method = length_function},
    {.utf8name = "read", .method = read_into_function},
    {.utf8name = "take", .method = take_function},
    {.utf8name = "release", .method = release_function},
    {.utf8name = "call", .method = call_function},
};

static const napi_property_descriptor methods[] = {
    {.utf8name = "nothing", .method = nothing},
    {.utf8name = "clientId", .method = client_id_method},
    {.utf8name = "channelMode", .method = channel_mode_method},
    {.utf8name = "send", .method = send_method},
    {.utf8name = "length", .method = length_method},
    {.utf8name = "read", .method = read_into_method},
    {.utf8name = "take", .method = take_method},
    {.utf8name = "release", .method = release_method},
    {.utf8name = "call", .method = call_method},
};

enum { METHODS = sizeof methods / sizeof *methods, FUNCTIONS = sizeof functions / sizeof *functions };

/* A number for the functions, and an object with all methods: `{ handle, bound }`. */
static napi_value both(napi_env env, uint64_t handle) {
    napi_property_descriptor properties[METHODS];
    napi_value both, number, bound;
    for (int index = 0; index < METHODS; index++) {
        properties[index] = methods[index];
        properties[index].data = (void *)(uintptr_t)handle;
    }
    napi_create_object(env, &both);
    napi_create_double(env, (double)handle, &number);
    napi_create_object(env, &bound);
    napi_define_properties(env, bound, METHODS, properties);
    napi_set_named_property(env, both, "handle", number);
    napi_set_named_property(env, both, "bound", bound);
    return both;
}

/* start(owner, service): `{ session, own, message }`. */
static napi_value start(napi_env env, napi_callback_info info) {
    size_t count = 2;
    napi_value arguments[2], handles;
    char owner[PATH_BYTES], service[PATH_BYTES];
    bench_handles_t started;
    napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
    if (napi_get_value_string_utf8(env, arguments[0], owner, sizeof owner, NULL) != napi_ok ||
        napi_get_value_string_utf8(env, arguments[1], service, sizeof service, NULL) != napi_ok) {
        return refuse(env, "two paths are expected");
    }
    if (bench_start(owner, service, &started) < 0) {
        return refuse(env, "the host does not start");
    }
    napi_create_object(env, &handles);
    napi_set_named_property(env, handles, "session", both(env, started.session));
    napi_set_named_property(env, handles, "own", both(env, started.own));
    napi_set_named_property(env, handles, "message", both(env, started.message));
    return handles;
}

NAPI_MODULE_INIT() {
    const napi_property_descriptor begin = {.utf8name = "start", .method = start};
    napi_define_properties(env, exports, 1, &begin);
    napi_define_properties(env, exports, FUNCTIONS, functions);
    return exports;
}
