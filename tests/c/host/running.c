/* A host at work: plugins from files, callbacks that call back, other threads, the loop, and the end. Its arguments are
 * the files of stats and echo, and a file that is no library. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <poll.h>
#include <pthread.h>

#include "check.h"

static pintle_host_t *host;
static pintle_plugin_t *zero;
static uint32_t lines;
static uint32_t results;
static pintle_instance_t to_unload;

/* A plugin that is linked in: for every socket it has one session, which says hi. */
static int32_t say_hi(pintle_plugin_t *plugin, pintle_socket_t socket) {
    pintle_session_t session;
    pintle_message_t message;
    OK(pintle_session_create(plugin, socket, NULL, &session));
    OK(pintle_message_acquire(plugin, 2, &message));
    OK(pintle_message_write(plugin, message, (const uint8_t *)"hi", 2));
    return pintle_session_receive(plugin, session, 0, message);
}

PINTLE_PLUGIN(friendly,
              PINTLE_TEXTS("org.pintle.test.friendly", "Friendly", "1", "Pintle", "Says hi", "MIT", "", "", "", ""),
              PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(socket_created, say_hi))

static pintle_instance_t load(const char *path) {
    pintle_instance_t instance = {0};
    OK(pintle_host_load(host, path, strlen(path), NULL, &instance));
    return instance;
}

/* What may not be done while the host is inside a callback, and what may. */
static int32_t from_inside(pintle_plugin_t *plugin, pintle_socket_t socket) {
    const pintle_callbacks_t none = {sizeof none};
    uint64_t deadline = 0;
    void *data = NULL;
    (void)socket;
    HOLDS(plugin == zero);
    OK(pintle_data_get(plugin, &data));
    HOLDS(data == &lines && plugin->data == &lines && plugin->size == sizeof *plugin);
    IS(PINTLE_E_REENTRANT, pintle_host_poll(host, 0));
    IS(PINTLE_E_REENTRANT, pintle_host_run(host));
    IS(PINTLE_E_REENTRANT, pintle_host_free(host));
    IS(PINTLE_E_REENTRANT, pintle_host_adopt(host));
    IS(PINTLE_E_REENTRANT, pintle_host_callbacks(host, &none, NULL));
    IS(PINTLE_E_REENTRANT, pintle_host_unload(host, to_unload, 0, NULL));
    OK(pintle_host_next_deadline(host, &deadline));
    OK(pintle_host_begin_unload(host, to_unload, UINT64_C(5000000000)));
    return PINTLE_OK;
}

static int32_t result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    if (info->kind == PINTLE_RESULT_RESULT) {
        uint8_t bytes[4];
        OK(pintle_message_read(plugin, info->message, bytes, sizeof bytes));
        HOLDS(memcmp(bytes, "ping", 4) == 0);
    } else {
        IS(PINTLE_RESULT_DONE, (int32_t)info->kind);
        OK(info->code);
        results |= UINT32_C(1) << info->correlation;
        pintle_host_stop(host);
    }
    return PINTLE_OK;
}

/* The host is being freed: its plugins end, and it takes no calls any more. */
static int32_t at_the_end(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    pintle_instance_t instance;
    (void)plugin;
    (void)session;
    (void)data;
    IS(PINTLE_E_CLOSED, pintle_host_load(host, "a", 1, NULL, &instance));
    IS(PINTLE_E_CLOSED, pintle_host_free(host));
    IS(PINTLE_E_CLOSED, pintle_host_poll(host, 0));
    results = 0;
    return PINTLE_OK;
}

static void write_line(void *context, uint32_t level, const char *instance, size_t instance_length,
                       const char *target, size_t target_length, const char *text, size_t text_length) {
    (void)level;
    (void)target;
    (void)target_length;
    if (instance_length > 0 && instance != NULL && text_length > 5 && memcmp(text, "Stats", 5) == 0) {
        ++*(uint32_t *)context;
    }
}

static void plugins(const char *stats, const char *text_file) {
    char buffer[256];
    size_t length = 0;
    size_t count = 0;
    pintle_instance_t listed[4];
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    pintle_instance_t instance = {0};
    pintle_add_options_t options = {sizeof options, -1, {"first", 5}, {NULL, 0}};

    IS(PINTLE_E_NOT_A_LIBRARY, pintle_host_load(host, text_file, strlen(text_file), NULL, &instance));
    OK(pintle_host_last_error(host, &error));
    HOLDS(error.code == PINTLE_E_NOT_A_LIBRARY && memcmp(error.text, "it is a text file (", 19) == 0);

    instance = load(stats);
    OK(pintle_host_load(host, stats, strlen(stats), &options, &listed[3]));
    IS(PINTLE_E_EXISTS, pintle_host_load(host, stats, strlen(stats), &options, &listed[2]));
    IS(PINTLE_E_CAPACITY, pintle_host_instances(host, listed, 1, &count));
    HOLDS(count == 2);
    OK(pintle_host_instances(host, listed, 3, &count));
    HOLDS(count == 2 && listed[0].bits == instance.bits && listed[1].bits == listed[3].bits);

    IS(PINTLE_E_CAPACITY, pintle_host_name(host, listed[1], buffer, 4, &length));
    OK(pintle_host_name(host, listed[1], buffer, sizeof buffer, &length));
    HOLDS(length == 5 && memcmp(buffer, "first", 5) == 0);
    IS(PINTLE_E_ARGUMENT, pintle_host_name(host, listed[1], NULL, 4, &length));
    IS(PINTLE_E_ARGUMENT, pintle_host_name(host, listed[1], buffer, 4, NULL));
    OK(pintle_host_path(host, listed[1], buffer, sizeof buffer, &length));
    HOLDS(length == strlen(stats) && memcmp(buffer, stats, length) == 0);

    OK(pintle_host_receipt(host, instance, &receipt));
    IS(PINTLE_OUTCOME_LIVE, (int32_t)receipt.outcome);
    OK(pintle_host_unload(host, listed[1], UINT64_C(5000000000), NULL));
    OK(pintle_host_unload(host, instance, UINT64_C(5000000000), &receipt));
    IS(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);
    HOLDS(receipt.size == sizeof receipt && receipt.messages == 0 && lines == 2);

    /* It is gone: its handle is refused, its receipt is kept. */
    IS(PINTLE_E_CLOSED, pintle_host_unload(host, instance, 0, NULL));
    IS(PINTLE_E_CLOSED, pintle_host_begin_unload(host, instance, 0));
    IS(PINTLE_E_STALE, pintle_host_name(host, instance, buffer, sizeof buffer, &length));
    IS(PINTLE_E_STALE, pintle_host_path(host, instance, buffer, sizeof buffer, &length));
    OK(pintle_host_receipt(host, instance, &receipt));
    IS(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);
}

static void *elsewhere(void *unused) {
    const pintle_callbacks_t none = {sizeof none};
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    pintle_instance_t instance = {0};
    pintle_session_t session;
    pintle_message_t message;
    uint32_t channel = 0;
    uint64_t deadline = 0;
    int descriptor = -1;
    (void)unused;
    IS(PINTLE_E_WRONG_THREAD, pintle_host_load(host, "a", 1, NULL, &instance));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_unload(host, to_unload, 0, &receipt));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_begin_unload(host, to_unload, 0));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_receipt(host, to_unload, &receipt));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_callbacks(host, &none, NULL));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_next_deadline(host, &deadline));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_poll(host, 0));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_run(host));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_take(host, &session, &channel, &message));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_free(host));
    OK(pintle_host_last_error(host, &error));
    IS(PINTLE_E_WRONG_THREAD, error.code);
    OK(pintle_host_pollable(host, &descriptor));
    OK(pintle_host_wake(host));
    OK(pintle_host_stop(host));
    return NULL;
}

static void *adopter(void *unused) {
    (void)unused;
    OK(pintle_host_adopt(host));
    OK(pintle_host_poll(host, 0));
    return NULL;
}

static void in_a_thread(void *(*run)(void *)) {
    pthread_t thread;
    OK(pthread_create(&thread, NULL, run, NULL));
    OK(pthread_join(thread, NULL));
}

static void threads(void) {
    struct pollfd ready = {-1, POLLIN, 0};
    OK(pintle_host_pollable(host, &ready.fd));
    in_a_thread(elsewhere);
    HOLDS(poll(&ready, 1, -1) == 1);
    /* One stop was asked for, and one is answered. */
    OK(pintle_host_run(host));
    in_a_thread(adopter);
    IS(PINTLE_E_WRONG_THREAD, pintle_host_poll(host, 0));
    OK(pintle_host_adopt(host));
    OK(pintle_host_poll(host, 0));
}

static int32_t tick(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)plugin;
    (void)timer;
    ++*(uint32_t *)data;
    return PINTLE_OK;
}

static void loop(void) {
    uint64_t deadline = 0;
    uint32_t ticks = 0;
    pintle_timer_t timer;
    OK(pintle_host_next_deadline(host, &deadline));
    HOLDS(deadline == PINTLE_NEVER);
    OK(pintle_executor_start_timer(zero, 1, 0, tick, &ticks, &timer));
    OK(pintle_host_next_deadline(host, &deadline));
    HOLDS(deadline != PINTLE_NEVER);
    while (ticks == 0) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
    }
    OK(pintle_host_wake(host));
    OK(pintle_host_poll(host, PINTLE_NEVER));
    OK(pintle_host_wake(host));
    OK(pintle_host_poll(host, PINTLE_NEVER - 1));
}

static void ask(pintle_session_t session, uint32_t id, uint64_t correlation) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, 4, &message));
    OK(pintle_message_write(zero, message, (const uint8_t *)"ping", 4));
    const pintle_request_options_t options = {sizeof options, 0x10000001, id, 0, correlation, message};
    OK(pintle_session_request(zero, session, &options));
    while ((results & UINT32_C(1) << correlation) == 0) {
        OK(pintle_host_run(host));
    }
}

static void requests(const char *echo, const char *stats) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_instance_t instance;
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_callbacks_t callbacks = {sizeof callbacks};
    callbacks.socket_created = from_inside;
    callbacks.session_result = result;
    callbacks.session_destroyed = at_the_end;
    OK(pintle_host_callbacks(host, &callbacks, &lines));
    to_unload = load(stats);
    load(echo);
    OK(pintle_host_add(host, &pintle_entry_friendly, NULL, &instance));
    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_host_receipt(host, to_unload, &receipt));
    IS(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);

    OK(pintle_session_create(zero, socket, NULL, &session));
    ask(session, 1, 1);
    ask(session, 2, 2);
}

static void inbox(void) {
    pintle_host_t *own = NULL;
    pintle_plugin_t *self = NULL;
    pintle_limits_t limits = {sizeof limits};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_session_t from;
    pintle_message_t message;
    pintle_instance_t instance;
    uint32_t channel = 9;
    size_t length = 0;
    uint8_t bytes[2];
    limits.inbox = 4;
    OK(pintle_host_new(&limits, &own));
    OK(pintle_host_self(own, &self));
    OK(pintle_host_add(own, &pintle_entry_friendly, NULL, &instance));
    IS(PINTLE_E_NOT_FOUND, pintle_host_path(own, instance, NULL, 0, &length));
    OK(pintle_socket_open(self, &mode, 1, &socket));
    OK(pintle_host_take(own, &from, &channel, &message));
    HOLDS(from.bits != 0 && channel == 0);
    OK(pintle_message_read(self, message, bytes, 2));
    HOLDS(memcmp(bytes, "hi", 2) == 0);
    OK(pintle_message_release(self, message));
    IS(PINTLE_E_NOT_FOUND, pintle_host_take(own, &from, &channel, &message));
    OK(pintle_host_free(own));
}

int main(int count, char **arguments) {
    HOLDS(count == 4);
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    OK(pintle_host_log_sink(host, write_line, &lines));
    plugins(arguments[1], arguments[3]);
    threads();
    loop();
    requests(arguments[2], arguments[1]);
    inbox();
    HOLDS(results != 0);
    OK(pintle_host_free(host));
    HOLDS(results == 0);
    return 0;
}
