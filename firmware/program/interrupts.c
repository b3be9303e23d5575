/* The calls that an interrupt handler may make, and those that are refused to it. */
#include "firmware.h"
#include "tell.h"

static pintle_core_t *core;
static pintle_plugin_t *zero;
static pintle_session_t session;
static pintle_message_t held;
static uint32_t ran;

static int32_t count(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    ran++;
    return PINTLE_OK;
}

/* The statuses that the handler was returned, in the order of the calls. */
static int32_t answers[8];

static void handler(void) {
    const pintle_message_t none = {0};
    pintle_message_t message;
    void *data;
    answers[0] = pintle_data_get(zero, &data);
    answers[1] = pintle_executor_submit(zero, count, NULL, none);
    answers[2] = pintle_message_release(zero, held);
    answers[3] = pintle_data_set(zero, NULL);
    answers[4] = pintle_message_acquire(zero, 1, &message);
    answers[5] = pintle_session_send(zero, session, 0, held);
    answers[6] = pintle_session_destroy(zero, session);
    answers[7] = pintle_core_turn(core);
}

static uint32_t posted;

static void flood(void) {
    const pintle_message_t none = {0};
    int32_t status = PINTLE_OK;
    while (status == PINTLE_OK) {
        status = pintle_executor_submit(zero, count, NULL, none);
        posted += status == PINTLE_OK;
    }
    answers[0] = status;
}

/** The owner's: it is interrupted in the midst of a dispatch. */
static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t to, uint32_t channel, pintle_message_t message) {
    (void)plugin;
    (void)to;
    (void)channel;
    (void)message;
    board_interrupt(handler);
    return PINTLE_OK;
}

/* docs/flow.md 7.4 */
void interrupts(void) {
    static const char *const calls[] = {"data get", "submit",       "message release", "data set",
                                        "message acquire", "session send", "session destroy", "turn"};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    pintle_socket_t socket;
    pintle_message_t message;
    callbacks.session_send = session_send;
    puts("interrupts");
    tell("start", firmware_start(&firmware_limits, tell_log, &core, &zero));
    tell("callbacks", pintle_core_callbacks(core, &callbacks, NULL));
    tell("socket", pintle_socket_open(zero, &mode, 1, &socket));
    tell("session", pintle_session_create(zero, socket, NULL, &session));
    tell("message", pintle_message_acquire(zero, 1, &message));
    tell("another", pintle_message_acquire(zero, 1, &held));
    tell("send", pintle_session_send(zero, session, 0, message));
    puts("    in the handler, while the message is sent");
    for (size_t at = 0; at < sizeof calls / sizeof calls[0]; at++) {
        tell(calls[at], answers[at]);
    }
    tell_whether("the task waits", ran == 0);
    tell("turn", pintle_core_turn(core));
    tell_whether("the task ran", ran == 1);
    tell("what was released", pintle_message_release(zero, held));

    board_interrupt(flood);
    tell("a handler submits until", answers[0]);
    tell_whether("as many as the limit", posted == firmware_limits.tasks);
    while (ran < 1 + posted) {
        firmware_turn(core);
    }
    board_interrupt(handler);
    tell("and again, later", answers[1]);
}
