/*
 * A plugin as it is written with the headers of this edition: it is a transport with one session, a filter, and a service,
 * and it has tasks and timers. It says what happens to it; tests/tests/frozen compares that with expected.txt.
 *
 * Both a C and a C++ compiler take it.
 */
#include <pintle/plugin.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVICE 0x46
#define FAST 1
#define SLOW 2
#define LATER 3
#define FAILS 4
#define OWN_ERROR (PINTLE_PLUGIN_FIRST + 7)

typedef struct frozen_t {
    pintle_session_t session;
    pintle_request_t waiting;
    uint32_t ticks;
    char tag;
} frozen_t;

static frozen_t *state_of(const pintle_plugin_t *plugin) {
    return (frozen_t *)plugin->data;
}

static int32_t say(pintle_plugin_t *plugin, const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return pintle_log_write(plugin, PINTLE_LOG_INFO, "frozen", 6, line, (size_t)length);
}

/* A call that does not succeed ends the callback, and is told. */
#define TRY(call) \
    do { \
        const int32_t status_ = (call); \
        if (status_ != PINTLE_OK) { \
            say(plugin, "line %d: %s is %d", __LINE__, #call, (int)status_); \
            return status_; \
        } \
    } while (0)
#define CHECK(condition) TRY((condition) ? PINTLE_OK : PINTLE_PLUGIN_FIRST)

/* A message's text, NUL-terminated. */
static int32_t text_of(pintle_plugin_t *plugin, pintle_message_t message, char *text, size_t room) {
    pintle_bytes_t bytes = {NULL, 0};
    TRY(pintle_message_view(plugin, message, &bytes));
    CHECK(bytes.length < room);
    memcpy(text, bytes.data, bytes.length);
    text[bytes.length] = '\0';
    return PINTLE_OK;
}

static int32_t message_of(pintle_plugin_t *plugin, const char *text, pintle_message_t *message) {
    TRY(pintle_message_acquire(plugin, strlen(text), message));
    return pintle_message_write(plugin, *message, (const uint8_t *)text, strlen(text));
}

/* Small letters become capitals, in place. */
static int32_t raise_letters(pintle_plugin_t *plugin, pintle_message_t message) {
    uint8_t *bytes = NULL;
    size_t length = 0;
    TRY(pintle_message_view_mut(plugin, message, &bytes, &length));
    for (size_t at = 0; at < length; at++) {
        if (bytes[at] >= 'a' && bytes[at] <= 'z') {
            bytes[at] = (uint8_t)(bytes[at] - 'a' + 'A');
        }
    }
    return pintle_message_commit(plugin, message, length);
}

/* Hands a text in as if the peer had sent it. */
static int32_t from_peer(pintle_plugin_t *plugin, const char *text) {
    pintle_message_t message;
    TRY(message_of(plugin, text, &message));
    TRY(pintle_session_receive(plugin, state_of(plugin)->session, 0, message));
    return pintle_message_release(plugin, message);
}

/* Beginning and end. */

static int32_t on_create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const uint32_t slow[] = {SLOW};
    const pintle_api_t *api = plugin->api;
    const void *io = NULL;
    frozen_t *state = (frozen_t *)calloc(1, sizeof *state);
    CHECK(state != NULL);
    TRY(pintle_data_set(plugin, state));
    CHECK(PINTLE_HAS(plugin, pintle_plugin_t, data) && plugin->data == state);
    CHECK(PINTLE_HAS(args, pintle_create_t, config) && args->abi_minor <= PINTLE_ABI_MINOR);
    CHECK(PINTLE_HAS(api, pintle_api_t, stopped));
    CHECK(PINTLE_HAS(api->data, pintle_data_api_t, get));
    CHECK(PINTLE_HAS(api->message, pintle_message_api_t, clone));
    CHECK(PINTLE_HAS(api->socket, pintle_socket_api_t, state));
    CHECK(PINTLE_HAS(api->session, pintle_session_api_t, protocol));
    CHECK(PINTLE_HAS(api->service, pintle_service_api_t, drop_current));
    CHECK(PINTLE_HAS(api->executor, pintle_executor_api_t, cancel_timer));
    CHECK(PINTLE_HAS(api->log, pintle_log_api_t, write));
    CHECK(PINTLE_HAS(api->error, pintle_error_api_t, last));
    if (pintle_extension(plugin, PINTLE_IO_ID, strlen(PINTLE_IO_ID), &io) == PINTLE_OK) {
        CHECK(PINTLE_HAS((const pintle_io_api_t *)io, pintle_io_api_t, unwatch));
    }
    TRY(pintle_service_declare(plugin, SERVICE, slow, 1));
    return say(plugin, "%.*s is created with %.*s", (int)args->instance.length, args->instance.data,
               (int)args->config.length, args->config.data);
}

/* A task that finds the instance at rest. */
static int32_t come_to_rest(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)data;
    CHECK(message.bits == 0);
    TRY(say(plugin, "at rest"));
    return pintle_stopped(plugin);
}

static int32_t on_request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    const pintle_message_t none = {0};
    CHECK(PINTLE_HAS(stop, pintle_stop_t, deadline) && stop->reason == PINTLE_STOP_UNLOAD);
    TRY(pintle_executor_submit(plugin, come_to_rest, NULL, none));
    TRY(say(plugin, "asked to stop"));
    return PINTLE_PENDING;
}

static int32_t on_destroy(pintle_plugin_t *plugin) {
    free(plugin->data);
    return say(plugin, "destroyed");
}

/* A transport. */

static int32_t on_socket_created(pintle_plugin_t *plugin, pintle_socket_t socket) {
    uint32_t channels = 0;
    uint32_t mode = 0;
    TRY(pintle_socket_channel_count(plugin, socket, &channels));
    TRY(pintle_socket_channel_mode(plugin, socket, 1, &mode));
    return say(plugin, "a socket with %u channels, the second of mode %u", (unsigned)channels, (unsigned)mode);
}

static int32_t on_socket_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address,
                                   size_t address_length) {
    static const char peer[] = "frozen:peer";
    pintle_address_t place;
    pintle_session_options_t options;
    TRY(say(plugin, "to listen at %.*s", (int)address_length, address));
    TRY(pintle_socket_attach(plugin, socket, "frozen:there", 12));
    memset(&place, 0, sizeof place);
    place.size = sizeof place;
    place.family = PINTLE_FAMILY_NAMED;
    place.name.data = peer;
    place.name.length = sizeof peer - 1;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.client_id = 7;
    options.address = &place;
    options.data = &state_of(plugin)->tag;
    options.user.data = "ann";
    options.user.length = 3;
    options.protocol.data = "chat.1";
    options.protocol.length = 6;
    return pintle_session_create(plugin, socket, &options, &state_of(plugin)->session);
}

static int32_t on_socket_attached(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address,
                                  size_t address_length) {
    (void)socket;
    return say(plugin, "a socket is served at %.*s", (int)address_length, address);
}

static int32_t on_socket_stopped(pintle_plugin_t *plugin, pintle_socket_t socket) {
    uint32_t state = 0;
    TRY(pintle_socket_state(plugin, socket, &state));
    return say(plugin, "a socket stopped, its state is %u", (unsigned)state);
}

static int32_t on_socket_detached(pintle_plugin_t *plugin, pintle_socket_t socket) {
    (void)socket;
    return say(plugin, "a socket is served no more");
}

static int32_t on_socket_destroyed(pintle_plugin_t *plugin, pintle_socket_t socket) {
    (void)socket;
    return say(plugin, "a socket is gone");
}

/* Another's session: what its owner tells of it. */
static int32_t on_session_created(pintle_plugin_t *plugin, pintle_session_t session) {
    int64_t client = 0;
    pintle_text_t user = {NULL, 0};
    pintle_text_t protocol = {NULL, 0};
    pintle_address_t place;
    memset(&place, 0, sizeof place);
    place.size = sizeof place;
    TRY(pintle_session_client_id(plugin, session, &client));
    TRY(pintle_session_user(plugin, session, &user));
    TRY(pintle_session_protocol(plugin, session, &protocol));
    TRY(pintle_session_address(plugin, session, &place));
    CHECK(PINTLE_HAS(&place, pintle_address_t, name));
    TRY(pintle_session_set_data(plugin, session, &state_of(plugin)->tag));
    return say(plugin, "a session of %.*s, client %d, protocol %.*s, from %u.%u.%u.%u:%u", (int)user.length, user.data,
               (int)client, (int)protocol.length, protocol.data, (unsigned)place.ip[0], (unsigned)place.ip[1],
               (unsigned)place.ip[2], (unsigned)place.ip[3], (unsigned)place.port);
}

static int32_t on_session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    const frozen_t *state = state_of(plugin);
    CHECK(data == &state->tag);
    return say(plugin, "%s session is gone", session.bits == state->session.bits ? "its own" : "another's");
}

/* Runs on a worker, and goes back to the kernel thread. */

static int32_t back(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    char text[32];
    (void)data;
    TRY(text_of(plugin, message, text, sizeof text));
    TRY(say(plugin, "back with %s", text));
    return from_peer(plugin, "worked");
}

static int32_t work(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    pintle_message_t copy;
    (void)data;
    TRY(say(plugin, "on a worker"));
    TRY(pintle_message_clone(plugin, message, 0, &copy));
    return pintle_executor_submit(plugin, back, NULL, copy);
}

static int32_t tick(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    uint32_t *ticks = (uint32_t *)data;
    if (++*ticks < 3) {
        return PINTLE_OK;
    }
    TRY(pintle_executor_cancel_timer(plugin, timer));
    TRY(say(plugin, "the third tick"));
    return from_peer(plugin, "ticked");
}

/* Asks its own service. */
static int32_t ask(pintle_plugin_t *plugin) {
    pintle_request_options_t options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.service = SERVICE;
    options.id = FAST;
    options.correlation = 70;
    TRY(message_of(plugin, "madam", &options.message));
    return pintle_session_request(plugin, state_of(plugin)->session, &options);
}

/* What its peer gets is a command, or comes back in capitals. */
static int32_t on_session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                               pintle_message_t message) {
    frozen_t *state = state_of(plugin);
    pintle_timer_t timer;
    pintle_message_t copy;
    char text[32];
    CHECK(session.bits == state->session.bits);
    TRY(text_of(plugin, message, text, sizeof text));
    TRY(say(plugin, "%s for the peer, on channel %u", text, (unsigned)channel));
    if (strcmp(text, "ask") == 0) {
        return ask(plugin);
    }
    if (strcmp(text, "tick") == 0) {
        return pintle_executor_start_timer(plugin, 1000, 1000, tick, &state->ticks, &timer);
    }
    TRY(pintle_message_clone(plugin, message, 0, &copy));
    if (strcmp(text, "work") == 0) {
        return pintle_executor_submit_worker(plugin, work, NULL, copy);
    }
    TRY(raise_letters(plugin, copy));
    return pintle_session_receive(plugin, session, channel, copy);
}

static int32_t on_session_disconnect(pintle_plugin_t *plugin, pintle_session_t session) {
    TRY(say(plugin, "to disconnect"));
    return pintle_session_destroy(plugin, session);
}

static int32_t on_session_get_rtt(pintle_plugin_t *plugin, pintle_session_t session, uint64_t *mean_ns,
                                  uint64_t *deviation_ns) {
    (void)plugin, (void)session;
    *mean_ns = 50;
    *deviation_ns = 5;
    return PINTLE_OK;
}

static int32_t on_session_set_mode(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, uint32_t mode) {
    (void)session;
    return say(plugin, "channel %u to be of mode %u", (unsigned)channel, (unsigned)mode);
}

static int32_t on_session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    char text[64] = "nothing";
    CHECK(PINTLE_HAS(info, pintle_result_info_t, request) && info->session.bits == state_of(plugin)->session.bits);
    if (info->message.bits != 0) {
        TRY(text_of(plugin, info->message, text, sizeof text));
    }
    return say(plugin, "answer %u to %u: code %d, %s", (unsigned)info->kind, (unsigned)info->correlation,
               (int)info->code, text);
}

/* A filter. */

static int32_t pass(pintle_plugin_t *plugin, const char *way, const pintle_message_info_t *info) {
    char text[32];
    CHECK(PINTLE_HAS(info, pintle_message_info_t, request));
    TRY(text_of(plugin, info->message, text, sizeof text));
    return say(plugin, "%s passes %s: kind %u, service %u, id %u, correlation %u", text, way, (unsigned)info->kind,
               (unsigned)info->service, (unsigned)info->id, (unsigned)info->correlation);
}

static int32_t on_message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    pintle_message_t message;
    TRY(pass(plugin, "in", info));
    if (info->kind != PINTLE_TRAFFIC_MESSAGE) {
        return PINTLE_OK;
    }
    TRY(pintle_message_edit(plugin, info->message, &message));
    return raise_letters(plugin, message);
}

static int32_t on_message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    return pass(plugin, "out", info);
}

/* A service: what it is asked comes back reversed. */

static int32_t reversed(pintle_plugin_t *plugin, pintle_request_t request, pintle_message_t asked) {
    pintle_bytes_t bytes = {NULL, 0};
    uint8_t *room = NULL;
    pintle_message_t answer;
    TRY(pintle_message_view(plugin, asked, &bytes));
    TRY(pintle_message_acquire(plugin, bytes.length, &answer));
    TRY(pintle_message_reserve(plugin, answer, bytes.length, &room));
    for (size_t at = 0; at < bytes.length; at++) {
        room[at] = bytes.data[bytes.length - 1 - at];
    }
    TRY(pintle_message_commit(plugin, answer, bytes.length));
    return pintle_service_result(plugin, request, answer);
}

static int32_t answer_later(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    const frozen_t *state = (const frozen_t *)data;
    pintle_message_t answer;
    (void)timer;
    TRY(message_of(plugin, "at last", &answer));
    TRY(pintle_service_result(plugin, state->waiting, answer));
    return pintle_service_done(plugin, state->waiting);
}

static int32_t on_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    frozen_t *state = state_of(plugin);
    pintle_timer_t timer;
    CHECK(PINTLE_HAS(info, pintle_request_info_t, message) && info->service == SERVICE && info->flags == 0);
    switch (info->id) {
    case FAST:
        return reversed(plugin, request, info->message);
    case LATER:
        state->waiting = request;
        TRY(pintle_executor_start_timer(plugin, 1000, 0, answer_later, state, &timer));
        return PINTLE_PENDING;
    case FAILS:
        TRY(pintle_error_set(plugin, OWN_ERROR, "it fails", 8));
        return OWN_ERROR;
    default:
        return PINTLE_E_NOT_FOUND;
    }
}

static int32_t on_slow_arrive(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    (void)request;
    return say(plugin, "slow request %u arrives, flags %u", (unsigned)info->id, (unsigned)info->flags);
}

static int32_t on_slow_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    TRY(pintle_service_is_cancelled(plugin, request));
    return reversed(plugin, request, info->message);
}

static int32_t on_request_done(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info,
                               int32_t status) {
    (void)request;
    return say(plugin, "request %u is done with %d", (unsigned)info->id, (int)status);
}

PINTLE_PLUGIN(frozen,
    PINTLE_TEXTS("org.pintle.frozen", "frozen", "1.0.0", "Pintle", "Uses what the first edition of the contract has",
        "MIT OR Apache-2.0", "", "", "", "0x46",
        "greeting text =none Shown when it is created\n"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE | PINTLE_FLAG_SESSION_DATA,
    PINTLE_ON(create, on_create),
    PINTLE_ON(request_stop, on_request_stop),
    PINTLE_ON(destroy, on_destroy),
    PINTLE_ON(socket_created, on_socket_created),
    PINTLE_ON(socket_listening, on_socket_listening),
    PINTLE_ON(socket_stopped, on_socket_stopped),
    PINTLE_ON(socket_destroyed, on_socket_destroyed),
    PINTLE_ON(socket_attached, on_socket_attached),
    PINTLE_ON(socket_detached, on_socket_detached),
    PINTLE_ON(session_created, on_session_created),
    PINTLE_ON(session_destroyed, on_session_destroyed),
    PINTLE_ON(message_in, on_message_in),
    PINTLE_ON(message_out, on_message_out),
    PINTLE_ON(session_send, on_session_send),
    PINTLE_ON(session_disconnect, on_session_disconnect),
    PINTLE_ON(session_result, on_session_result),
    PINTLE_ON(session_get_rtt, on_session_get_rtt),
    PINTLE_ON(session_set_mode, on_session_set_mode),
    PINTLE_ON(request, on_request),
    PINTLE_ON(slow_arrive, on_slow_arrive),
    PINTLE_ON(slow_request, on_slow_request),
    PINTLE_ON(request_done, on_request_done))
