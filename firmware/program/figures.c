/* How much memory the kernel takes: its region, and the stack of its deepest paths. */
#include "firmware.h"
#include "plugins.h"
#include "tell.h"

#define ECHO UINT32_C(0x10000001)

static pintle_core_t *core;
static pintle_plugin_t *zero;
static pintle_session_t session;
static pintle_instance_t added[3];

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t to, uint32_t channel, pintle_message_t message) {
    (void)plugin;
    (void)to;
    (void)channel;
    (void)message;
    return PINTLE_OK;
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    (void)info;
    (void)plugin;
    return PINTLE_OK;
}

static int32_t start(void) {
    /* Not on the stack, which is measured. */
    static pintle_limits_t limits;
    limits = firmware_limits;
    /* This program takes no messages from an inbox. */
    limits.inbox = PINTLE_NO_INBOX;
    return firmware_start(&limits, NULL, &core, &zero);
}

static int32_t add(void) {
    const pintle_entry_t *const entries[] = {&pintle_entry_stats, &pintle_entry_gate, &pintle_entry_echo};
    int32_t status = PINTLE_OK;
    for (size_t at = 0; at < 3 && status == PINTLE_OK; at++) {
        status = pintle_core_add(core, entries[at], NULL, &added[at]);
    }
    return status;
}

static int32_t send(void) {
    pintle_message_t message;
    int32_t status = pintle_message_acquire(zero, 1, &message);
    if (status == PINTLE_OK) {
        status = pintle_session_send(zero, session, 0, message);
        pintle_message_release(zero, message);
    }
    return status;
}

/** The filter gate sends back what begins with a question mark: a dispatch inside a dispatch. */
static int32_t receive(void) {
    pintle_message_t message;
    int32_t status = pintle_message_acquire(zero, 1, &message);
    if (status == PINTLE_OK) {
        pintle_message_write(zero, message, (const uint8_t *)"?", 1);
        status = pintle_session_receive(zero, session, 0, message);
        pintle_message_release(zero, message);
    }
    return status;
}

static int32_t ask(uint32_t id) {
    pintle_message_t message;
    const int32_t status = pintle_message_acquire(zero, 1, &message);
    const pintle_request_options_t options = {sizeof options, ECHO, id, 0, id, message};
    return status == PINTLE_OK ? pintle_session_request(zero, session, &options) : status;
}

static int32_t ask_fast(void) {
    return ask(1);
}

static int32_t ask_slow(void) {
    return ask(2);
}

static int32_t turn(void) {
    return pintle_core_turn(core);
}

static int32_t unload(void) {
    pintle_receipt_t receipt;
    int32_t status = PINTLE_OK;
    for (size_t at = 0; at < 3 && status == PINTLE_OK; at++) {
        status = firmware_unload(core, added[at], &receipt);
    }
    return status;
}

__attribute__((noinline)) static void measure(const char *name, int32_t (*run)(void)) {
    /* An interrupt would add its own frame to the figure. */
    board_lock(NULL);
    board_stack_paint();
    const int32_t status = run();
    const size_t stack = board_stack_used();
    board_unlock(NULL);
    printf("    stack, %s: %zu\n", name, stack);
    if (status != PINTLE_OK) {
        tell(name, status);
    }
}

void figures(size_t stack) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    pintle_socket_t socket;
    callbacks.session_send = session_send;
    callbacks.session_result = session_result;
    puts("figures");
    printf("    region: %zu\n", firmware_region);
    printf("    stack: %zu\n", stack);
    measure("start", start);
    measure("add", add);
    if (pintle_core_callbacks(core, &callbacks, NULL) == PINTLE_OK &&
        pintle_socket_open(zero, &mode, 1, &socket) == PINTLE_OK &&
        pintle_session_create(zero, socket, NULL, &session) == PINTLE_OK) {
        measure("send through two filters", send);
        measure("receive, and send from a filter", receive);
        measure("fast request and its result", ask_fast);
        measure("slow request", ask_slow);
        measure("turn with the slow request", turn);
        measure("turn with its result", turn);
        measure("unload", unload);
    }
}
