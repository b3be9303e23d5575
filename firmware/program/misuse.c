/* A plugin that does everything wrong. Other plugins are not disturbed, and its receipt says what it left behind. */
#include "firmware.h"
#include "plugins.h"
#include "tell.h"

#include "../plugins/misuser.h"

#define ECHO UINT32_C(0x10000001)

static pintle_core_t *core;
static pintle_plugin_t *zero;
static pintle_session_t session;

/** Passes on the log lines of plugins only, because the kernel logs many here. */
static void log_info(void *context, uint32_t level, const char *instance, size_t instance_length, const char *target,
                     size_t target_length, const char *text, size_t text_length) {
    if (level == PINTLE_LOG_INFO) {
        tell_log(context, level, instance, instance_length, target, target_length, text, text_length);
    }
}

/* The answers to the last request. */
static uint32_t results;
static bool done;
static int32_t ended;

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t to, uint32_t channel, pintle_message_t message) {
    (void)plugin;
    (void)to;
    (void)channel;
    (void)message;
    return PINTLE_OK;
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    (void)plugin;
    results += info->kind == PINTLE_RESULT_RESULT;
    if (info->kind == PINTLE_RESULT_DONE) {
        done = true;
        ended = info->code;
    }
    return PINTLE_OK;
}

static int32_t ask(uint32_t service, uint32_t id) {
    pintle_message_t message;
    const int32_t status = pintle_message_acquire(zero, 1, &message);
    done = false;
    results = 0;
    const pintle_request_options_t options = {sizeof options, service, id, 0, 0, message};
    return status == PINTLE_OK ? pintle_session_request(zero, session, &options) : status;
}

static void wait(void) {
    while (!done) {
        firmware_turn(core);
    }
}

/** Others are served as if nothing were. */
static void others(void) {
    pintle_message_t message;
    tell("message", pintle_message_acquire(zero, 1, &message));
    tell("send", pintle_session_send(zero, session, 0, message));
    tell("receive", pintle_session_receive(zero, session, 0, message));
    tell("release", pintle_message_release(zero, message));
    for (uint32_t id = 1; id <= 2; id++) {
        tell(id == 1 ? "fast request" : "slow request", ask(ECHO, id));
        wait();
        tell_whether("answered", results == 1 && ended == PINTLE_OK);
    }
}

static pintle_instance_t add(const char *config) {
    pintle_add_options_t options = {sizeof(pintle_add_options_t)};
    pintle_instance_t instance = {0};
    options.instance.data = options.config.data = config;
    options.instance.length = options.config.length = strlen(config);
    tell(config, pintle_core_add(core, &pintle_entry_misuser, &options, &instance));
    return instance;
}

/** Runs a misuser that ends in this way. */
static void run(const char *config) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_receipt_t receipt;
    pintle_socket_t socket;
    const pintle_instance_t misuser = add(config);
    misuser_calls = 0;
    misuser_accepted = 0;
    tell("socket", pintle_socket_open(zero, &mode, 1, &socket));
    tell("session", pintle_session_create(zero, socket, NULL, &session));
    others();
    tell("slow request of it", ask(MISUSER_SERVICE, 2));
    wait();
    tell("ended", ended);
    tell("request of it", ask(MISUSER_SERVICE, 1));
    tell("unload", firmware_unload(core, misuser, &receipt));
    tell_receipt(config, &receipt);
    wait();
    tell("ended", ended);
    tell_whether("it made more than a thousand wrong calls", misuser_calls > 1000);
    tell_whether("all of them were refused", misuser_accepted == 0);
    others();
    tell("close", pintle_socket_close(zero, socket));
}

void misuse(void) {
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    pintle_instance_t stats;
    pintle_instance_t echo;
    pintle_receipt_t receipt;
    pintle_limits_t limits = firmware_limits;
    /* This program takes no messages from an inbox. */
    limits.inbox = PINTLE_NO_INBOX;
    callbacks.session_send = session_send;
    callbacks.session_result = session_result;
    puts("misuse");
    tell("start", firmware_start(&limits, log_info, &core, &zero));
    tell("callbacks", pintle_core_callbacks(core, &callbacks, NULL));
    tell("echo", pintle_core_add(core, &pintle_entry_echo, NULL, &echo));
    tell("stats", pintle_core_add(core, &pintle_entry_stats, NULL, &stats));
    run("stay");
    run("panic");
    tell("unload", firmware_unload(core, echo, &receipt));
    tell_receipt("echo", &receipt);
    tell("unload", firmware_unload(core, stats, &receipt));
    tell_receipt("stats", &receipt);
}
