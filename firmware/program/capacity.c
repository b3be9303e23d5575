/* Every table is filled until the kernel refuses, then emptied, and works as before. */
#include "firmware.h"
#include "plugins.h"
#include "tell.h"

#define ECHO UINT32_C(0x10000001)
#define SLOW 2
/** More than any limit here. */
#define MOST 20
#define REFERENCES_MAX 65535

static pintle_core_t *core;
static pintle_plugin_t *zero;
static uint64_t taken[MOST];
static pintle_socket_t socket;
static pintle_session_t sessions[MOST];

/** A table, how one of it is taken, and how it is given back. */
typedef struct table_t {
    const char *name;
    uint32_t limit;
    int32_t (*take)(uint32_t at);
    int32_t (*give_back)(uint32_t at);
} table_t;

static void fill(const table_t *table) {
    uint32_t count = 0;
    int32_t full = PINTLE_OK;
    int32_t again = PINTLE_OK;
    int32_t empty = PINTLE_OK;
    while (count < MOST && (full = table->take(count)) == PINTLE_OK) {
        count++;
    }
    if (count == table->limit) {
        printf("    %s: as many as the limit", table->name);
    } else {
        printf("    %s: %u of %u", table->name, (unsigned)count, (unsigned)table->limit);
    }
    printf(", then %s", tell_status(full));
    again = table->give_back(0);
    printf("; one given back: %s", tell_status(again));
    again = table->take(0);
    printf(", and taken: %s", tell_status(again));
    for (uint32_t at = 0; at < count && empty == PINTLE_OK; at++) {
        empty = table->give_back(at);
    }
    printf("; all given back: %s\n", tell_status(empty));
}

/* Plugins. */

static int32_t add_plugin(uint32_t at) {
    const char name = (char)('a' + at);
    pintle_add_options_t options = {sizeof(pintle_add_options_t)};
    pintle_instance_t instance = {0};
    options.instance.data = &name;
    options.instance.length = 1;
    const int32_t status = pintle_core_add(core, &pintle_entry_gate, &options, &instance);
    taken[at] = instance.bits;
    return status;
}

static int32_t unload_plugin(uint32_t at) {
    const pintle_instance_t instance = {taken[at]};
    pintle_receipt_t receipt;
    return firmware_unload(core, instance, &receipt);
}

/* Sockets, sessions and messages. */

static int32_t open_socket(uint32_t at) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t opened = {0};
    const int32_t status = pintle_socket_open(zero, &mode, 1, &opened);
    taken[at] = opened.bits;
    return status;
}

static int32_t close_socket(uint32_t at) {
    const pintle_socket_t opened = {taken[at]};
    return pintle_socket_close(zero, opened);
}

static int32_t create_session(uint32_t at) {
    pintle_session_options_t options = {sizeof(pintle_session_options_t)};
    options.client_id = at;
    return pintle_session_create(zero, socket, &options, &sessions[at]);
}

static int32_t destroy_session(uint32_t at) {
    return pintle_session_destroy(zero, sessions[at]);
}

static int32_t acquire(uint32_t at, size_t capacity) {
    pintle_message_t message = {0};
    const int32_t status = pintle_message_acquire(zero, capacity, &message);
    taken[at] = message.bits;
    return status;
}

static int32_t acquire_large(uint32_t at) {
    return acquire(at, firmware_limits.large_message_bytes);
}

static int32_t acquire_small(uint32_t at) {
    return acquire(at, firmware_limits.message_bytes);
}

static int32_t release_message(uint32_t at) {
    const pintle_message_t message = {taken[at]};
    return pintle_message_release(zero, message);
}

/* Tasks, timers and watches. */

static int32_t nothing(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    return PINTLE_OK;
}

static int32_t no_timer(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)plugin;
    (void)data;
    (void)timer;
    return PINTLE_OK;
}

static int32_t no_watch(pintle_plugin_t *plugin, void *data, pintle_watch_t watch, uint32_t ready) {
    (void)plugin;
    (void)data;
    (void)watch;
    (void)ready;
    return PINTLE_OK;
}

static int32_t submit(uint32_t at) {
    const pintle_message_t none = {0};
    (void)at;
    return pintle_executor_submit(zero, nothing, NULL, none);
}

static int32_t run_tasks(uint32_t at) {
    (void)at;
    return pintle_core_turn(core);
}

static int32_t start_timer(uint32_t at) {
    pintle_timer_t timer = {0};
    const int32_t status = pintle_executor_start_timer(zero, UINT64_C(1) << 62, 0, no_timer, NULL, &timer);
    taken[at] = timer.bits;
    return status;
}

static int32_t cancel_timer(uint32_t at) {
    const pintle_timer_t timer = {taken[at]};
    return pintle_executor_cancel_timer(zero, timer);
}

static const pintle_io_api_t *io;

static int32_t watch(uint32_t at) {
    pintle_watch_t watch = {0};
    const int32_t status = pintle_io_watch(io, zero, (int32_t)at, PINTLE_IO_READABLE, no_watch, NULL, &watch);
    taken[at] = watch.bits;
    return status;
}

static int32_t unwatch(uint32_t at) {
    const pintle_watch_t watch = {taken[at]};
    return pintle_io_unwatch(io, zero, watch);
}

/* Requests. */

static uint32_t done;

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    (void)plugin;
    done += info->kind == PINTLE_RESULT_DONE;
    return PINTLE_OK;
}

static int32_t ask(pintle_session_t session) {
    pintle_message_t message;
    int32_t status = pintle_message_acquire(zero, 1, &message);
    if (status == PINTLE_OK) {
        const pintle_request_options_t options = {sizeof options, ECHO, SLOW, 0, 0, message};
        status = pintle_session_request(zero, session, &options);
        if (status != PINTLE_OK) {
            pintle_message_release(zero, message);
        }
    }
    return status;
}

static int32_t ask_one(uint32_t at) {
    (void)at;
    return ask(sessions[0]);
}

static int32_t ask_several(uint32_t at) {
    return ask(sessions[at / firmware_limits.requests_per_session]);
}

static int32_t answer_one(uint32_t at) {
    const uint32_t before = done;
    int32_t status = PINTLE_OK;
    (void)at;
    while (done == before && status == PINTLE_OK) {
        status = pintle_core_turn(core);
    }
    return status;
}

/* The inbox, for the session of a plugin. */

static int32_t socket_listening(pintle_plugin_t *plugin, pintle_socket_t listening, const char *address, size_t length) {
    const int32_t status = pintle_socket_attach(plugin, listening, address, length);
    return status == PINTLE_OK ? pintle_session_create(plugin, listening, NULL, &sessions[0]) : status;
}

PINTLE_PLUGIN(owner,
    PINTLE_TEXTS("org.pintle.test.owner", "owner", "0.1.0", "Pintle", "Has a session", "MIT OR Apache-2.0", "", "", "",
        ""),
    0,
    PINTLE_ON(socket_listening, socket_listening))

static int32_t receive(uint32_t at) {
    pintle_message_t message;
    int32_t status = pintle_message_acquire(zero, 1, &message);
    (void)at;
    if (status == PINTLE_OK) {
        status = pintle_session_receive(zero, sessions[0], 0, message);
        pintle_message_release(zero, message);
    }
    return status;
}

static int32_t take_message(uint32_t at) {
    pintle_session_t session;
    pintle_message_t message;
    uint32_t channel;
    const int32_t status = pintle_core_take(core, &session, &channel, &message);
    (void)at;
    return status == PINTLE_OK ? pintle_message_release(zero, message) : status;
}

/* Depth. */

static uint32_t deepest;

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                            pintle_message_t message) {
    deepest++;
    return pintle_session_send(plugin, session, channel, message);
}

static void tell_depth(void) {
    pintle_message_t message;
    tell("message", pintle_message_acquire(zero, 1, &message));
    tell("a send inside a send inside a send", pintle_session_send(zero, sessions[0], 0, message));
    tell_whether("as deep as the limit", deepest == firmware_limits.depth);
    tell("release", pintle_message_release(zero, message));
}

/* References, and messages of a worker. */

static void tell_references(void) {
    pintle_message_t message;
    uint32_t count = 1;
    int32_t full = PINTLE_OK;
    tell("message", pintle_message_acquire(zero, 1, &message));
    while ((full = pintle_message_retain(zero, message)) == PINTLE_OK) {
        count++;
    }
    tell("references of it", full);
    tell_whether("65535", count == REFERENCES_MAX);
    while (pintle_message_release(zero, message) == PINTLE_OK) {
        count--;
    }
    tell_whether("all given back", count == 0);
}

static uint32_t of_worker;

static int32_t acquire_in_worker(pintle_plugin_t *plugin, void *data, pintle_message_t handed) {
    pintle_message_t message;
    (void)data;
    (void)handed;
    of_worker = 0;
    while (pintle_message_acquire(plugin, 1, &message) == PINTLE_OK) {
        of_worker++;
    }
    return PINTLE_OK;
}

static void tell_worker(void) {
    const pintle_message_t none = {0};
    for (int times = 0; times < 2; times++) {
        tell("worker task", pintle_executor_submit_worker(zero, acquire_in_worker, NULL, none));
        of_worker = 0;
        while (of_worker == 0) {
            pintle_core_turn(core);
        }
        tell_whether("messages as many as the limit", of_worker == firmware_limits.worker_messages);
    }
}

void capacity(void) {
    const pintle_limits_t *limits = &firmware_limits;
    const table_t tables[] = {
        {"plugins", limits->plugins, add_plugin, unload_plugin},
        {"sockets", limits->sockets, open_socket, close_socket},
        {"large messages", limits->large_messages, acquire_large, release_message},
        {"messages", limits->messages, acquire_small, release_message},
        {"tasks", limits->tasks, submit, run_tasks},
        {"timers", limits->timers, start_timer, cancel_timer},
        {"watches", limits->watches, watch, unwatch},
    };
    const table_t with_session = {"sessions", limits->sessions, create_session, destroy_session};
    const table_t of_one_session = {"requests of a session", limits->requests_per_session, ask_one, answer_one};
    const table_t with_service = {"requests", limits->requests, ask_several, answer_one};
    const table_t with_owner = {"inbox", limits->inbox, receive, take_message};
    const uint32_t modes[] = {PINTLE_MODE_RELIABLE, PINTLE_MODE_RELIABLE, PINTLE_MODE_RELIABLE};
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    pintle_message_t message;
    pintle_instance_t echo;
    pintle_instance_t owner;
    pintle_receipt_t receipt;
    const void *found = NULL;
    callbacks.session_result = session_result;
    callbacks.session_send = session_send;

    puts("capacity");
    tell("start", firmware_start(limits, tell_log, &core, &zero));
    tell("callbacks", pintle_core_callbacks(core, &callbacks, NULL));
    tell(PINTLE_IO_ID, pintle_extension(zero, PINTLE_IO_ID, sizeof PINTLE_IO_ID - 1, &found));
    io = (const pintle_io_api_t *)found;
    for (size_t at = 0; at < sizeof tables / sizeof tables[0]; at++) {
        fill(&tables[at]);
    }
    tell("a longer message", pintle_message_acquire(zero, limits->large_message_bytes + 1, &message));
    tell("more channels", pintle_socket_open(zero, modes, limits->channels + 1, &socket));
    tell("as many as the limit", pintle_socket_open(zero, modes, limits->channels, &socket));
    fill(&with_session);

    tell("echo", pintle_core_add(core, &pintle_entry_echo, NULL, &echo));
    for (uint32_t at = 0; at < limits->sessions; at++) {
        create_session(at);
    }
    fill(&of_one_session);
    fill(&with_service);
    tell_depth();
    tell_references();
    tell_worker();

    for (uint32_t at = 0; at < limits->sessions; at++) {
        destroy_session(at);
    }
    tell("owner", pintle_core_add(core, &pintle_entry_owner, NULL, &owner));
    tell("listen", pintle_socket_listen(zero, socket, "owner:", 6));
    fill(&with_owner);
    tell("unload", firmware_unload(core, owner, &receipt));
    tell_receipt("owner", &receipt);
    tell("unload", firmware_unload(core, echo, &receipt));
    tell_receipt("echo", &receipt);
}
