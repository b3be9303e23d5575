/*
 * Does everything wrong that can be done wrong, from every place where a plugin can be: in each callback, in tasks, timers
 * and slow requests, and in an interrupt that comes meanwhile. It looks at no status but to count, and gives nothing back.
 *
 * Its configuration says how it ends: `stay` never comes to rest, `panic` returns PINTLE_E_PANIC from its timer.
 */
#include "misuser.h"

#include <pintle/host.h> /* how handles are made, to forge them */

#include "../board/board.h"

#include <stdbool.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
/** A status that is not defined. */
#define UNKNOWN 4242

uint32_t misuser_calls;
uint32_t misuser_accepted;

static bool stays;
static bool stops;
static pintle_session_t own;

static void wrong(int32_t status) {
    misuser_calls++;
    misuser_accepted += status == PINTLE_OK;
}

static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message);
static int32_t timer(pintle_plugin_t *plugin, void *data, pintle_timer_t handle);

/* Handles: every slot that takes a handle, with one that is wrong for it. */

static void messages(pintle_plugin_t *plugin, uint64_t bits) {
    const pintle_message_t message = {bits};
    const pintle_session_t session = {bits};
    pintle_message_t other;
    pintle_bytes_t view;
    uint8_t bytes[4] = {0};
    uint8_t *room;
    size_t length;
    wrong(pintle_message_retain(plugin, message));
    wrong(pintle_message_release(plugin, message));
    wrong(pintle_message_write(plugin, message, bytes, sizeof bytes));
    wrong(pintle_message_read(plugin, message, bytes, sizeof bytes));
    wrong(pintle_message_rewind(plugin, message));
    wrong(pintle_message_length(plugin, message, &length));
    wrong(pintle_message_view(plugin, message, &view));
    wrong(pintle_message_reserve(plugin, message, 1, &room));
    wrong(pintle_message_commit(plugin, message, 1));
    wrong(pintle_message_edit(plugin, message, &other));
    wrong(pintle_message_view_mut(plugin, message, &room, &length));
    wrong(pintle_message_clear(plugin, message));
    wrong(pintle_message_clone(plugin, message, 0, &other));
    wrong(pintle_session_receive(plugin, session, 0, message));
    wrong(pintle_session_send(plugin, session, 0, message));
    const pintle_request_options_t options = {sizeof options, MISUSER_SERVICE, 1, 0, 0, message};
    wrong(pintle_session_request(plugin, session, &options));
}

static void sockets(pintle_plugin_t *plugin, uint64_t bits) {
    const pintle_socket_t socket = {bits};
    pintle_session_t session;
    pintle_text_t text;
    uint64_t time;
    uint32_t number;
    uint32_t count;
    wrong(pintle_socket_listen(plugin, socket, "x:", 2));
    wrong(pintle_socket_connect(plugin, socket, "x:", 2, NULL, 0));
    wrong(pintle_socket_stop(plugin, socket));
    wrong(pintle_socket_close(plugin, socket));
    wrong(pintle_socket_channel_count(plugin, socket, &count));
    wrong(pintle_socket_channel_mode(plugin, socket, 0, &number));
    wrong(pintle_socket_attach(plugin, socket, "x:", 2));
    wrong(pintle_socket_detach(plugin, socket));
    wrong(pintle_socket_time(plugin, socket, &time));
    wrong(pintle_socket_address(plugin, socket, &text));
    wrong(pintle_socket_state(plugin, socket, &number));
    wrong(pintle_session_create(plugin, socket, NULL, &session));
}

static void sessions(pintle_plugin_t *plugin, uint64_t bits) {
    const pintle_session_t session = {bits};
    pintle_address_t address = {sizeof(pintle_address_t)};
    pintle_socket_t socket;
    pintle_text_t text;
    uint64_t mean;
    uint64_t deviation;
    uint32_t mode;
    int64_t id;
    void *data;
    wrong(pintle_session_destroy(plugin, session));
    wrong(pintle_session_cancel(plugin, session, 0));
    wrong(pintle_session_suspend(plugin, session));
    wrong(pintle_session_resume(plugin, session));
    wrong(pintle_session_disconnect(plugin, session));
    wrong(pintle_session_set_data(plugin, session, NULL));
    wrong(pintle_session_data(plugin, session, &data));
    wrong(pintle_session_client_id(plugin, session, &id));
    wrong(pintle_session_address(plugin, session, &address));
    wrong(pintle_session_socket(plugin, session, &socket));
    wrong(pintle_session_rtt(plugin, session, &mean, &deviation));
    wrong(pintle_session_channel_mode(plugin, session, 0, &mode));
    wrong(pintle_session_set_channel_mode(plugin, session, 0, PINTLE_MODE_RELIABLE));
    wrong(pintle_session_user(plugin, session, &text));
    wrong(pintle_session_protocol(plugin, session, &text));
}

static void others(pintle_plugin_t *plugin, uint64_t bits) {
    const pintle_message_t message = {bits};
    const pintle_request_t request = {bits};
    const pintle_timer_t handle = {bits};
    const pintle_watch_t watch = {bits};
    const void *io = NULL;
    wrong(pintle_service_result(plugin, request, message));
    wrong(pintle_service_exception(plugin, request, PINTLE_PLUGIN_FIRST, "x", 1));
    wrong(pintle_service_done(plugin, request));
    wrong(pintle_service_is_cancelled(plugin, request));
    wrong(pintle_service_drop_current(plugin, request));
    wrong(pintle_executor_cancel_timer(plugin, handle));
    if (pintle_extension(plugin, PINTLE_IO_ID, sizeof PINTLE_IO_ID - 1, &io) == PINTLE_OK) {
        wrong(pintle_io_change((const pintle_io_api_t *)io, plugin, watch, PINTLE_IO_READABLE));
        wrong(pintle_io_unwatch((const pintle_io_api_t *)io, plugin, watch));
    }
}

/* The layout of this kernel's handles, which is not in a header because no other plugin needs it. */
enum { SLOT_BITS = 22, TAG_SHIFT = 22, KIND_SHIFT = 32, NO_KIND = 28, GENERATION_SHIFT = 37 };

static void handles(pintle_plugin_t *plugin) {
    const uint64_t bits[] = {
        0,                                               /* none */
        UINT64_MAX,                                      /* no more */
        own.bits ^ UINT64_C(1) << (SLOT_BITS - 1),      /* forged */
        own.bits ^ (uint64_t)NO_KIND << KIND_SHIFT,      /* of a kind that there is not */
        own.bits ^ UINT64_C(2) << TAG_SHIFT,             /* another kernel's */
        own.bits + (UINT64_C(1) << GENERATION_SHIFT),    /* of another life */
    };
    for (size_t at = 0; at < sizeof bits / sizeof bits[0]; at++) {
        messages(plugin, bits[at]);
        sockets(plugin, bits[at]);
        sessions(plugin, bits[at]);
        others(plugin, bits[at]);
    }
}

/* Arguments: NULL, and impossible values. */

static void arguments(pintle_plugin_t *plugin) {
    const pintle_api_t *api = plugin->api;
    const pintle_message_t none = {0};
    const uint32_t no_mode = 77;
    pintle_socket_t socket;
    pintle_message_t message;
    pintle_timer_t handle;
    wrong(api->data->get(NULL, NULL));
    wrong(api->message->acquire(NULL, 1, &message));
    wrong(api->session->destroy(NULL, own));
    wrong(api->executor->submit(NULL, task, NULL, none));
    wrong(api->log->write(NULL, PINTLE_LOG_INFO, NULL, 0, "x", 1));
    wrong(api->extension(NULL, "x", 1, NULL));
    wrong(pintle_data_get(plugin, NULL));
    wrong(pintle_message_acquire(plugin, 1, NULL));
    wrong(pintle_message_acquire(plugin, SIZE_MAX, &message));
    wrong(pintle_socket_open(plugin, NULL, 1, &socket));
    wrong(pintle_socket_open(plugin, &no_mode, 1, &socket));
    wrong(pintle_socket_open(plugin, &no_mode, SIZE_MAX, &socket));
    wrong(pintle_service_declare(plugin, 1, NULL, 0));
    wrong(pintle_service_declare(plugin, MISUSER_SERVICE, NULL, 1));
    wrong(pintle_executor_submit(plugin, NULL, NULL, none));
    wrong(pintle_executor_submit_worker(plugin, NULL, NULL, none));
    wrong(pintle_executor_start_timer(plugin, 1, 1, NULL, NULL, &handle));
    wrong(pintle_executor_start_timer(plugin, UINT64_MAX, 0, timer, NULL, &handle));
    wrong(pintle_log_write(plugin, 99, NULL, 0, "x", 1));
    wrong(pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 5, NULL, 5));
    wrong(pintle_error_last(plugin, NULL));
    wrong(pintle_extension(plugin, NULL, 5, NULL));
    if (!stops) {
        wrong(pintle_stopped(plugin));
    }
}

/* States: a message that is not writable any more, or not its own any more. */

static void states(pintle_plugin_t *plugin) {
    pintle_message_t message;
    pintle_message_t other;
    if (pintle_message_acquire(plugin, 1, &message) != PINTLE_OK) {
        return;
    }
    wrong(pintle_message_commit(plugin, message, 1));
    wrong(pintle_message_edit(plugin, message, &other));
    wrong(pintle_message_write(plugin, message, NULL, 1));
    wrong(pintle_message_reserve(plugin, message, SIZE_MAX, NULL));
    pintle_message_release(plugin, message);
    messages(plugin, message.bits);
}

/** Whatever it is that runs now: everything is tried. */
static void misuse(pintle_plugin_t *plugin) {
    static bool inside;
    if (!inside) {
        inside = true;
        handles(plugin);
        arguments(plugin);
        states(plugin);
        inside = false;
    }
}

/* In an interrupt, calls that are legal elsewhere are wrong. */

static pintle_plugin_t *interrupted;

static void in_interrupt(void) {
    pintle_plugin_t *plugin = interrupted;
    pintle_message_t message;
    misuse(plugin);
    wrong(pintle_message_acquire(plugin, 1, &message));
    wrong(pintle_session_destroy(plugin, own));
    wrong(pintle_session_suspend(plugin, own));
    wrong(pintle_executor_shutdown(plugin));
    wrong(pintle_data_set(plugin, NULL));
    wrong(pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, "x", 1));
}

static int32_t everywhere(pintle_plugin_t *plugin) {
    misuse(plugin);
    interrupted = plugin;
    board_interrupt(in_interrupt);
    return UNKNOWN;
}

/* Its callbacks. It never releases what it acquires. */

static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    const pintle_message_t none = {0};
    (void)data;
    (void)message;
    pintle_executor_submit(plugin, task, NULL, none);
    return everywhere(plugin);
}

static int32_t timer(pintle_plugin_t *plugin, void *data, pintle_timer_t handle) {
    (void)data;
    (void)handle;
    everywhere(plugin);
    return stays ? UNKNOWN : PINTLE_E_PANIC;
}

static int32_t ready(pintle_plugin_t *plugin, void *data, pintle_watch_t watch, uint32_t how) {
    (void)data;
    (void)watch;
    (void)how;
    return everywhere(plugin);
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const uint32_t slow = 2;
    stays = args->config.length == 4 && memcmp(args->config.data, "stay", 4) == 0;
    stops = false;
    everywhere(plugin);
    return pintle_service_declare(plugin, MISUSER_SERVICE, &slow, 1);
}

static int32_t socket_created(pintle_plugin_t *plugin, pintle_socket_t socket) {
    static bool opens;
    const pintle_message_t none = {0};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    const void *io = NULL;
    pintle_message_t message;
    pintle_timer_t handle;
    pintle_watch_t watch;
    pintle_socket_t opened;
    if (opens) {
        return UNKNOWN;
    }
    opens = true;
    pintle_socket_open(plugin, &mode, 1, &opened);
    opens = false;
    pintle_session_create(plugin, socket, NULL, &own);
    if (pintle_message_acquire(plugin, 1, &message) == PINTLE_OK) {
        pintle_message_retain(plugin, message);
    }
    pintle_executor_start_timer(plugin, SECOND / 1000, SECOND / 1000, timer, NULL, &handle);
    pintle_executor_submit(plugin, task, NULL, none);
    if (pintle_extension(plugin, PINTLE_IO_ID, sizeof PINTLE_IO_ID - 1, &io) == PINTLE_OK) {
        pintle_io_watch((const pintle_io_api_t *)io, plugin, 1, PINTLE_IO_READABLE, ready, NULL, &watch);
    }
    /* Not its own. */
    wrong(pintle_socket_close(plugin, socket));
    wrong(pintle_socket_listen(plugin, socket, "x:", 2));
    return everywhere(plugin);
}

static int32_t session_created(pintle_plugin_t *plugin, pintle_session_t session) {
    void *data;
    wrong(pintle_session_destroy(plugin, session));
    wrong(pintle_session_suspend(plugin, session));
    wrong(pintle_session_cancel(plugin, session, 0));
    wrong(pintle_session_data(plugin, session, &data));
    wrong(pintle_session_set_data(plugin, session, plugin));
    return everywhere(plugin);
}

static int32_t session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    (void)data;
    sessions(plugin, session.bits);
    return everywhere(plugin);
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    const uint8_t byte = 0;
    wrong(pintle_session_receive(plugin, info->session, info->channel, info->message));
    wrong(pintle_message_write(plugin, info->message, &byte, 1));
    wrong(pintle_message_clear(plugin, info->message));
    wrong(pintle_message_release(plugin, info->message));
    everywhere(plugin);
    return PINTLE_OK;
}

/** Sends inside a send, for as long as it is let. */
static int32_t message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    everywhere(plugin);
    if (info->channel != PINTLE_CHANNEL_SERVICE) {
        pintle_session_send(plugin, info->session, info->channel, info->message);
    }
    return PINTLE_OK;
}

/** Never finishes a request. */
static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    const pintle_message_t none = {0};
    (void)info;
    wrong(pintle_service_result(plugin, request, none));
    wrong(pintle_service_drop_current(plugin, request));
    everywhere(plugin);
    return PINTLE_PENDING;
}

static int32_t slow_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    wrong(pintle_session_destroy(plugin, info->session));
    wrong(pintle_service_done(plugin, request));
    wrong(pintle_executor_shutdown(plugin));
    return everywhere(plugin);
}

static int32_t request_done(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info,
                            int32_t status) {
    const pintle_message_t none = {0};
    (void)info;
    (void)status;
    wrong(pintle_service_result(plugin, request, none));
    return everywhere(plugin);
}

static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    (void)stop;
    stops = true;
    everywhere(plugin);
    return PINTLE_PENDING;
}

static int32_t destroy(pintle_plugin_t *plugin) {
    const pintle_message_t none = {0};
    pintle_message_t message;
    wrong(pintle_message_acquire(plugin, 1, &message));
    wrong(pintle_executor_submit(plugin, task, NULL, none));
    return everywhere(plugin);
}

PINTLE_PLUGIN(misuser,
    PINTLE_TEXTS("org.pintle.test.misuser", "misuser", "0.1.0", "Pintle", "Does everything wrong", "MIT OR Apache-2.0",
        "", "", "", "0x20000001"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_OPENS_SOCKETS,
    PINTLE_ON(create, create),
    PINTLE_ON(request_stop, request_stop),
    PINTLE_ON(destroy, destroy),
    PINTLE_ON(socket_created, socket_created),
    PINTLE_ON(session_created, session_created),
    PINTLE_ON(session_destroyed, session_destroyed),
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(message_out, message_out),
    PINTLE_ON(request, request),
    PINTLE_ON(slow_request, slow_request),
    PINTLE_ON(request_done, request_done))
