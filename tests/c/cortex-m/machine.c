/* What only a machine shows: an interrupt handler is no thread of the kernel's, and how much stack the kernel takes. */
#include <pintle/host.h>

#include "../host/check.h"

#define SERVICE 7
#define LIMITS 4, 1, 8, 1, 1, 4, 2, 13, 128, 1, 128, 1, 1, 4, 4, 1, PINTLE_NO_INBOX, PINTLE_NO_WORKERS, 8

static const pintle_limits_t limits = {sizeof(pintle_limits_t), LIMITS};
static _Alignas(64) unsigned char region[PINTLE_REGION_SIZE(LIMITS)];

static pintle_core_t *core;
static pintle_plugin_t *zero;
static pintle_session_t session;
static pintle_message_t held;
static pintle_instance_t added;
static uint32_t results;
static uint32_t tasks;
static uint32_t handled;

/* The plugin: a service and a filter of what is said about it. */

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const uint32_t slow[] = {2};
    (void)args;
    return pintle_service_declare(plugin, SERVICE, slow, 1);
}

static int32_t answer(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    return pintle_service_result(plugin, request, info->message);
}

static int32_t look(pintle_plugin_t *plugin, pintle_session_t from, uint32_t channel, pintle_message_t message) {
    (void)from;
    (void)channel;
    pintle_bytes_t bytes;
    return pintle_message_view(plugin, message, &bytes);
}

PINTLE_PLUGIN(mirror,
              PINTLE_TEXTS("org.pintle.test.mirror", "Mirror", "1", "Pintle", "Answers what it is asked", "MIT", "",
                           "", "", "7"),
              0, PINTLE_ON(create, create), PINTLE_ON(message_in, look), PINTLE_ON(message_out, look),
              PINTLE_ON(request, answer), PINTLE_ON(slow_request, answer))

/* The program. */

static uint64_t now(void *context) {
    return ++*(uint64_t *)context;
}

static int32_t result(pintle_plugin_t *plugin, pintle_session_t from, uint64_t correlation, uint32_t kind,
                      int32_t code, pintle_message_t message) {
    (void)plugin;
    (void)from;
    (void)correlation;
    (void)message;
    results += kind == PINTLE_RESULT_RESULT;
    return code;
}

static int32_t sent(pintle_plugin_t *plugin, pintle_session_t to, uint32_t channel, pintle_message_t message) {
    (void)plugin;
    (void)to;
    (void)channel;
    (void)message;
    return PINTLE_OK;
}

static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    tasks++;
    return PINTLE_OK;
}

/* An interrupt handler: what is tagged `isr`, and what is not. */
void on_call(void) {
    const pintle_message_t none = {0};
    pintle_message_t message;
    void *data;
    OK(pintle_data_get(zero, &data));
    OK(pintle_executor_submit(zero, task, NULL, none));
    OK(pintle_message_release(zero, held));
    IS(PINTLE_E_WRONG_THREAD, pintle_message_acquire(zero, 1, &message));
    IS(PINTLE_E_WRONG_THREAD, pintle_data_set(zero, NULL));
    IS(PINTLE_E_WRONG_THREAD, pintle_session_destroy(zero, session));
    IS(PINTLE_E_WRONG_THREAD, pintle_core_turn(core));
    handled++;
}

/* Stack: painted below the caller, and looked at from the far end. */

#define PAINTED 4096
#define PAINT 0xa5a5a5a5u

__attribute__((noinline)) static uint32_t *deepest(uint32_t *top) {
    uint32_t *word = top - PAINTED / 4;
    while (*(volatile uint32_t *)word == PAINT) {
        word++;
    }
    return word;
}

__attribute__((noinline)) static void measure(const char *name, void (*run)(void)) {
    uint32_t *top;
    __asm__ volatile("mov %0, sp" : "=r"(top));
    for (uint32_t *word = top - PAINTED / 4; word < top; word++) {
        *(volatile uint32_t *)word = PAINT;
    }
    run();
    printf("%s: %u\n", name, (unsigned)((top - deepest(top)) * 4));
}

static void nothing(void) {}

static uint64_t clock_of;
static const pintle_platform_t platform = {sizeof platform, 0,    &clock_of, now,  NULL, NULL, NULL,
                                           NULL,            NULL, NULL,      NULL, NULL, NULL, NULL};
static const pintle_callbacks_t callbacks = {.size = sizeof callbacks, PINTLE_ON(session_result, result), PINTLE_ON(session_send, sent)};

static void start(void) {
    OK(pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
}

static void add(void) {
    OK(pintle_core_add(core, &pintle_entry_mirror, NULL, &added));
}

static void ask(uint32_t id) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, 1, &message));
    OK(pintle_session_request(zero, session, SERVICE, id, id, message));
}

static void ask_fast(void) {
    ask(1);
}

static void ask_slow(void) {
    ask(2);
}

static void turn(void) {
    OK(pintle_core_turn(core));
}

static void send(void) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, 1, &message));
    OK(pintle_session_send(zero, session, 0, message));
    OK(pintle_message_release(zero, message));
}

static void receive(void) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, 1, &message));
    OK(pintle_session_receive(zero, session, 0, message));
    OK(pintle_message_release(zero, message));
}

static void unload(void) {
    OK(pintle_core_unload(core, added, 0));
}

int main(void) {
    const uint32_t modes[] = {PINTLE_CHANNEL_RELIABLE};
    pintle_socket_t socket;
    measure("nothing", nothing);
    measure("start", start);
    OK(pintle_core_self(core, &zero));
    OK(pintle_core_callbacks(core, &callbacks, NULL));
    OK(pintle_socket_open(zero, modes, 1, &socket));
    OK(pintle_session_create(zero, socket, 1, NULL, &session));
    measure("add", add);
    measure("send", send);
    measure("receive", receive);
    measure("request", ask_fast);
    ask_slow();
    measure("turn with a slow request", turn);
    measure("turn with its result", turn);
    HOLDS(results == 2);

    OK(pintle_message_acquire(zero, 1, &held));
    __asm__ volatile("svc 0");
    HOLDS(handled == 1 && tasks == 0);
    measure("turn with a task and a message that came back", turn);
    HOLDS(tasks == 1);
    IS(PINTLE_E_STALE, pintle_message_release(zero, held));
    measure("unload", unload);
    printf("region: %u\n", (unsigned)sizeof region);
    return 0;
}
