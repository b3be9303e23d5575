/* The paths that take the lock, each with all that can be in its way. */
#include "lock.h"

#include "../board/board.h"

#include <string.h>

#define SECOND UINT64_C(1000000000)

static pintle_instance_t instance;
static pintle_socket_t socket;
static pintle_session_t sessions[MOST];
static pintle_message_t messages[4 * MOST];
static uint32_t held;

/* Interrupts. */

static int32_t nothing(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    return PINTLE_OK;
}

static void flood(void) {
    const pintle_message_t none = {0};
    void *data;
    uint32_t posted = 0;
    EXPECT(PINTLE_OK, pintle_data_get(zero, &data));
    while (pintle_executor_submit(zero, nothing, NULL, none) == PINTLE_OK) {
        posted++;
    }
    EXPECT((int32_t)limit, (int32_t)posted);
}

static void submit_in_interrupt(void) {
    board_interrupt(flood);
    settle();
}

static void hold(pintle_plugin_t *plugin, pintle_message_t message) {
    (void)plugin;
    messages[held++] = message;
}

static void release_held(void) {
    while (held > 0) {
        held--;
        EXPECT(PINTLE_OK, pintle_message_release(zero, messages[held]));
    }
}

static void release_in_interrupt(void) {
    crowd_acquire(zero, hold);
    board_interrupt(release_held);
    settle();
}

static void release_kept(void) {
    for (uint32_t at = 0; at < held; at++) {
        EXPECT(PINTLE_OK, pintle_message_release(zero, messages[at]));
    }
}

/** All small messages, and no more: an acquisition that fails has the kernel thread take what was given back. */
static void hold_small(void) {
    while (held < 2 * limit) {
        EXPECT(PINTLE_OK, pintle_message_acquire(zero, 1, &messages[held++]));
    }
}

static void release_on_thread(void) {
    hold_small();
    on_thread(OTHER_THREAD, release_kept);
    /* Released twice: other messages begin in the slots, and the counts of the messages before must be dropped. */
    release_held();
    hold_small();
    on_thread(OTHER_THREAD, release_held);
    settle();
    crowd_acquire(zero, hold);
    EXPECT((int32_t)(2 * limit + LARGE_MESSAGES), (int32_t)held);
    release_held();
}

/* Messages of a thread that is not the kernel's. */

static void use_message(pintle_plugin_t *plugin, pintle_message_t message) {
    pintle_message_t copy;
    pintle_bytes_t view;
    uint8_t bytes[128];
    uint8_t *room;
    size_t length;
    EXPECT(PINTLE_OK, pintle_message_write(plugin, message, (const uint8_t *)crowd_text, sizeof bytes));
    EXPECT(PINTLE_OK, pintle_message_read(plugin, message, bytes, sizeof bytes));
    EXPECT(PINTLE_OK, pintle_message_rewind(plugin, message));
    EXPECT(PINTLE_OK, pintle_message_length(plugin, message, &length));
    EXPECT(PINTLE_OK, pintle_message_view(plugin, message, &view));
    EXPECT(PINTLE_OK, pintle_message_view_mut(plugin, message, &room, &length));
    EXPECT(PINTLE_OK, pintle_message_commit(plugin, message, length));
    EXPECT(PINTLE_OK, pintle_message_retain(plugin, message));
    if (pintle_message_clone(plugin, message, 0, &copy) == PINTLE_OK) {
        EXPECT(PINTLE_OK, pintle_message_release(plugin, copy));
    }
    EXPECT(PINTLE_OK, pintle_message_release(plugin, message));
    messages[held++] = message;
}

static void use_messages(void) {
    crowd_acquire(zero, use_message);
    release_held();
}

static void messages_on_thread(void) {
    on_thread(OTHER_THREAD, use_messages);
}

static bool to_workers;

/** Hands over a message that moves, and one that is copied because a reference to it is kept. */
static void hand_over(void) {
    for (int stays = 0; stays < 2; stays++) {
        pintle_message_t message;
        EXPECT(PINTLE_OK, pintle_message_acquire(zero, limit * LARGE, &message));
        EXPECT(PINTLE_OK, pintle_message_write(zero, message, (const uint8_t *)crowd_text, sizeof crowd_text));
        if (stays) {
            EXPECT(PINTLE_OK, pintle_message_retain(zero, message));
        }
        EXPECT(PINTLE_OK, to_workers ? pintle_executor_submit_worker(zero, nothing, NULL, message)
                                     : pintle_executor_submit(zero, nothing, NULL, message));
        if (stays) {
            EXPECT(PINTLE_OK, pintle_message_release(zero, message));
        }
    }
}

static void hand_over_on_thread(void) {
    for (int way = 0; way < 2; way++) {
        to_workers = way == 1;
        on_thread(OTHER_THREAD, hand_over);
        settle();
    }
}

static void use_errors(void) {
    pintle_error_t error = {sizeof(pintle_error_t)};
    EXPECT(PINTLE_OK, pintle_error_set(zero, PINTLE_E_IO, crowd_text, sizeof crowd_text - 1));
    EXPECT(PINTLE_OK, pintle_error_last(zero, &error));
}

static void errors_on_thread(void) {
    on_thread(OTHER_THREAD, use_errors);
}

/* Workers. */

static void worker_tasks(void) {
    EXPECT((int32_t)limit, (int32_t)crowd_submit(crowd, true));
    settle();
}

static void open_socket(void) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    EXPECT(PINTLE_OK, pintle_socket_open(zero, &mode, 1, &socket));
}

static void create_sessions(void) {
    for (uint32_t at = 0; at < limit; at++) {
        EXPECT(PINTLE_OK, pintle_session_create(zero, socket, NULL, &sessions[at]));
    }
}

static int32_t ask(uint32_t session, uint32_t id) {
    pintle_message_t message;
    EXPECT(PINTLE_OK, pintle_message_acquire(zero, 1, &message));
    const pintle_request_options_t options = {sizeof options, CROWD_SERVICE, id, 0, session, message};
    return pintle_session_request(zero, sessions[session], &options);
}

/** One request in each session, all at the workers. */
static void ask_in_all(uint32_t id) {
    for (uint32_t at = 0; at < limit; at++) {
        EXPECT(PINTLE_OK, ask(at, id));
    }
    EXPECT(PINTLE_OK, pintle_core_turn(core));
}

static void slow_requests(void) {
    open_socket();
    create_sessions();
    for (uint32_t id = CROWD_ACQUIRES; id <= CROWD_EXCEPTION; id++) {
        ask_in_all(id);
        settle();
    }
}

/** The last of all requests that workers are through with, before the kernel thread has looked. */
static void result_after_return(void) {
    pintle_message_t message;
    crowd_pending_count = 0;
    ask_in_all(CROWD_PENDING);
    on_thread(WORKER_THREAD, work);
    while (crowd_pending_count < limit) {
        EXPECT(PINTLE_OK, pintle_core_turn(core));
    }
    EXPECT(PINTLE_OK, pintle_message_acquire(crowd, 1, &message));
    EXPECT(PINTLE_OK, pintle_service_result(crowd, crowd_pending[limit - 1], message));
    for (uint32_t at = 0; at < limit; at++) {
        EXPECT(PINTLE_OK, pintle_service_done(crowd, crowd_pending[at]));
    }
    settle();
}

static void end_sessions(void) {
    ask_in_all(CROWD_RESULTS);
    for (uint32_t at = limit; at-- > 0;) {
        EXPECT(PINTLE_OK, pintle_session_destroy(zero, sessions[at]));
    }
    settle();
}

/* Plugins come and go. */

static void add(void) {
    EXPECT(PINTLE_OK, pintle_core_add(core, &pintle_entry_crowd, NULL, &instance));
    settle();
}

static int32_t call(pintle_plugin_t *publisher, const void *table, void *data) {
    (void)publisher;
    (void)table;
    (void)data;
    return PINTLE_OK;
}

static void call_offer(void) {
    const void *offers = NULL;
    pintle_offer_t offer;
    EXPECT(PINTLE_OK, pintle_extension(zero, PINTLE_OFFER_ID, strlen(PINTLE_OFFER_ID), &offers));
    EXPECT(PINTLE_OK, pintle_offer_find(offers, zero, CROWD_OFFER, strlen(CROWD_OFFER), &offer));
    EXPECT(PINTLE_OK, pintle_offer_call(offers, zero, offer, call, NULL));
}

/** Two messages, of which the plugin has more references than there are of anything else. */
static void hold_references(void) {
    crowd_acquire(crowd, NULL);
    EXPECT(PINTLE_OK, pintle_message_release(crowd, messages[0]));
    EXPECT(PINTLE_OK, pintle_message_acquire(crowd, 1, &messages[0]));
    for (uint32_t at = 0; at < 4 * limit; at++) {
        EXPECT(PINTLE_OK, pintle_message_retain(crowd, messages[0]));
    }
}

static void acquire_first(void) {
    EXPECT(PINTLE_OK, pintle_message_acquire(crowd, 1, &messages[0]));
}

static int32_t no_timer(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)plugin;
    (void)data;
    (void)timer;
    return PINTLE_OK;
}

static void say_stopped(void) {
    EXPECT(PINTLE_OK, pintle_stopped(crowd));
}

/** With all tasks, half of them for workers, and some of another instance before its own; timers, requests, and messages of
 *  another thread. */
static void stop(void) {
    const pintle_message_t none = {0};
    pintle_receipt_t receipt = {sizeof(pintle_receipt_t)};
    pintle_timer_t timer;
    on_thread(OTHER_THREAD, acquire_first);
    on_thread(OTHER_THREAD, hold_references);
    for (uint32_t at = 0; at < limit / 2; at++) {
        EXPECT(PINTLE_OK, pintle_executor_submit_worker(zero, nothing, NULL, none));
    }
    create_sessions();
    ask_in_all(CROWD_RESULTS);
    for (uint32_t at = 0; at < limit / 4; at++) {
        EXPECT(PINTLE_OK, pintle_executor_submit_worker(crowd, nothing, NULL, none));
    }
    crowd_submit(crowd, false);
    while (pintle_executor_start_timer(crowd, SECOND, 0, no_timer, NULL, &timer) == PINTLE_OK) {
    }
    EXPECT(PINTLE_PENDING, pintle_core_unload(core, instance, SECOND));
    on_thread(OTHER_THREAD, say_stopped);
    /* Before any worker takes what waits for it. */
    EXPECT(PINTLE_OK, pintle_core_turn(core));
    settle();
    EXPECT(PINTLE_OK, pintle_core_receipt(core, instance, &receipt));
    EXPECT(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);
}

const path_t paths[PATHS] = {
    {"submit in an interrupt, until full", submit_in_interrupt},
    {"release in an interrupt", release_in_interrupt},
    {"release on another thread", release_on_thread},
    {"messages of another thread", messages_on_thread},
    {"submit with a message on another thread", hand_over_on_thread},
    {"error texts of another thread", errors_on_thread},
    {"create, with worker tasks", add},
    {"a call through an offer", call_offer},
    {"worker tasks that acquire all messages", worker_tasks},
    {"slow requests with results, errors and exceptions", slow_requests},
    {"a result after the handler's return", result_after_return},
    {"sessions end whose slow requests wait", end_sessions},
    {"stop, with all that there can be", stop},
};
