/* A firmware in small: a kernel in static memory, plugins that are linked in, no thread and no allocator. */
#ifndef PINTLE_STATIC
#error "compile all of a firmware with -DPINTLE_STATIC"
#endif
#include <pintle/host.h>

#include "check.h"

#define SERVICE 7
#define LIMITS 2, 1, 2, 1, 1, 4, 2, 8, 64, 1, 64, 1, 1, 4, 2, 1, 2, PINTLE_NO_WORKERS, 8, 1

static const pintle_limits_t limits = {sizeof(pintle_limits_t), LIMITS};
static _Alignas(64) unsigned char region[PINTLE_REGION_SIZE(LIMITS)];

static uint64_t ticks;
static uint32_t answers;
static uint32_t ends;
static pintle_core_t *core;

/* The plugin: its slow request runs between two turns, under the rules of a worker. */

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const uint32_t slow[] = {2};
    HOLDS(args->config.length == 3 && memcmp(args->config.data, "x=1", 3) == 0);
    return pintle_service_declare(plugin, SERVICE, slow, 1);
}

static int32_t answer(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    pintle_message_t message;
    int32_t status = pintle_message_clone(plugin, info->message, 0, &message);
    return status == PINTLE_OK ? pintle_service_result(plugin, request, message) : status;
}

static int32_t slow(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    /* What only the kernel thread may do is refused, as on a server. */
    IS(PINTLE_E_WRONG_THREAD, pintle_session_destroy(plugin, info->session));
    IS(PINTLE_E_WRONG_THREAD, pintle_core_turn(core));
    return answer(plugin, request, info);
}

PINTLE_PLUGIN(mirror,
              PINTLE_TEXTS("org.pintle.test.mirror", "Mirror", "1", "Pintle", "Answers what it is asked", "MIT", "",
                           "", "", "7"),
              0, PINTLE_ON(create, create), PINTLE_ON(request, answer), PINTLE_ON(slow_request, slow))

PINTLE_DECLARE(stats);

/* The board. */

static uint64_t now(void *context) {
    return ++*(uint64_t *)context;
}

static void write_line(void *context, uint32_t level, const char *instance, size_t instance_length,
                       const char *target, size_t target_length, const char *text, size_t text_length) {
    (void)context;
    (void)level;
    (void)target;
    (void)target_length;
    printf("%.*s: %.*s\n", (int)instance_length, instance, (int)text_length, text);
}

static int32_t result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    uint8_t byte = 0;
    if (info->kind == PINTLE_RESULT_DONE) {
        OK(info->code);
        ends++;
        return PINTLE_OK;
    }
    OK(pintle_message_read(plugin, info->message, &byte, 1));
    HOLDS(byte == info->correlation);
    answers++;
    return PINTLE_OK;
}

static void ask(pintle_plugin_t *zero, pintle_session_t session, uint32_t id) {
    pintle_message_t message;
    const uint8_t byte = (uint8_t)id;
    OK(pintle_message_acquire(zero, 1, &message));
    OK(pintle_message_write(zero, message, &byte, 1));
    const pintle_request_options_t options = {sizeof options, SERVICE, id, 0, id, message};
    OK(pintle_session_request(zero, session, &options));
}

/* docs/flow.md 1.17 */
static void refusals(const pintle_platform_t *platform) {
    pintle_limits_t wrong = limits;
    pintle_platform_t no_clock = *platform;
    pintle_core_t *none = NULL;
    size_t size = 0;
    uint32_t worked = 0;
    uint64_t deadline = 0;
    pintle_plugin_t *plugin = NULL;
    pintle_text_t name;
    pintle_instance_t instance = {0};
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_limits_t told = {sizeof told};
    pintle_session_t session;
    pintle_message_t message;
    const pintle_callbacks_t callbacks = {sizeof callbacks};

    OK(pintle_core_region_size(&limits, &size));
    HOLDS(size <= sizeof region);
    IS(PINTLE_E_ARGUMENT, pintle_core_region_size(NULL, &size));
    IS(PINTLE_E_ARGUMENT, pintle_core_region_size(&limits, NULL));
    wrong.depth = 251;
    IS(PINTLE_E_ARGUMENT, pintle_core_region_size(&wrong, &size));
    wrong = limits;
    wrong.size = 0;
    IS(PINTLE_E_ARGUMENT, pintle_core_region_size(&wrong, &size));
    wrong.size = sizeof wrong - 4;
    IS(PINTLE_E_ARGUMENT, pintle_core_region_size(&wrong, &size));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &wrong, platform, 1, &none));
    no_clock.size = sizeof no_clock - 1;
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, &no_clock, 1, &none));
    no_clock = *platform;
    no_clock.reserved = 1;
    IS(PINTLE_E_UNSUPPORTED, pintle_core_start(region, sizeof region, &limits, &no_clock, 1, &none));
    no_clock.reserved = 0;

    no_clock.now = NULL;
    IS(PINTLE_E_ARGUMENT, pintle_core_start(NULL, sizeof region, &limits, platform, 1, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region + 1, sizeof region - 1, &limits, platform, 1, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, NULL, platform, 1, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, NULL, 1, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, &no_clock, 1, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, platform, 0, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, platform, 1024, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, platform, 65537, &none));
    IS(PINTLE_E_ARGUMENT, pintle_core_start(region, sizeof region, &limits, platform, 1, NULL));
    IS(PINTLE_E_CAPACITY, pintle_core_start(region, size - 1, &limits, platform, 1, &none));
    HOLDS(none == NULL);

    IS(PINTLE_E_ARGUMENT, pintle_core_self(NULL, &plugin));
    IS(PINTLE_E_ARGUMENT, pintle_core_callbacks(NULL, &callbacks, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_limits(NULL, &told));
    IS(PINTLE_E_ARGUMENT, pintle_core_adopt(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_resign(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_add(NULL, &pintle_entry_stats, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_core_unload(NULL, instance, 0));
    IS(PINTLE_E_ARGUMENT, pintle_core_receipt(NULL, instance, &receipt));
    IS(PINTLE_E_ARGUMENT, pintle_core_instances(NULL, &instance, 1, &size));
    IS(PINTLE_E_ARGUMENT, pintle_core_name(NULL, instance, &name));
    IS(PINTLE_E_ARGUMENT, pintle_core_turn(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_next_deadline(NULL, &deadline));
    IS(PINTLE_E_ARGUMENT, pintle_core_ready(NULL, 0, 0));
    IS(PINTLE_E_ARGUMENT, pintle_core_wake(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_work(NULL, 0, &worked));
    IS(PINTLE_E_ARGUMENT, pintle_core_take(NULL, &session, &worked, &message));
}

/* The words that plugin zero was told last. */
static void says(int32_t code, const char *text) {
    pintle_plugin_t *zero = NULL;
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    OK(pintle_core_self(core, &zero));
    OK(pintle_error_last(zero, &error));
    IS(code, error.code);
    HOLDS(error.length == strlen(text) && memcmp(error.text, text, error.length) == 0);
}

/* docs/flow.md 1.17 */
static void refusals_of_a_kernel(void) {
    pintle_instance_t instance = {0};
    pintle_limits_t told = {4};
    pintle_receipt_t receipt = {4};
    pintle_add_options_t options = {0};
    pintle_session_t session;
    pintle_message_t message;
    uint32_t number = 0;
    size_t count = 0;

    IS(PINTLE_E_ARGUMENT, pintle_core_self(core, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_callbacks(core, NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_limits(core, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_limits(core, &told));
    says(PINTLE_E_ARGUMENT, "pintle_limits_t.size is 4 and must be 84 to 4096: set it to sizeof");
    told.size = sizeof told;
    OK(pintle_core_limits(core, &told));
    HOLDS(told.plugins == 2 && told.workers == 0 && told.inbox == 2);
    IS(PINTLE_E_ARGUMENT, pintle_core_add(core, NULL, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_core_add(core, &pintle_entry_stats, NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_add(core, &pintle_entry_stats, &options, &instance));
    says(PINTLE_E_ARGUMENT, "pintle_add_options_t.size is 0 and must be 40 to 4096: set it to sizeof");
    IS(PINTLE_E_HANDLE, pintle_core_unload(core, instance, 0));
    IS(PINTLE_E_ARGUMENT, pintle_core_receipt(core, instance, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_receipt(core, instance, &receipt));
    says(PINTLE_E_ARGUMENT, "pintle_receipt_t.size is 4 and must be 304 to 4096: set it to sizeof");
    IS(PINTLE_E_ARGUMENT, pintle_core_instances(core, NULL, 1, &count));
    IS(PINTLE_E_ARGUMENT, pintle_core_instances(core, &instance, 1, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_name(core, instance, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_next_deadline(core, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_work(core, 0, &number));
    IS(PINTLE_E_ARGUMENT, pintle_core_work(core, 0, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_core_take(core, NULL, &number, &message));
    IS(PINTLE_E_NOT_FOUND, pintle_core_take(core, &session, &number, &message));
    OK(pintle_core_ready(core, 12345, PINTLE_IO_READABLE));
    OK(pintle_core_wake(core));
}

int main(void) {
    pintle_platform_t platform = {sizeof platform};
    pintle_callbacks_t callbacks = {sizeof callbacks};
    const pintle_add_options_t options = {sizeof options, 0, {NULL, 0}, {"x=1", 3}};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_plugin_t *zero = NULL;
    pintle_instance_t mirror = {0};
    pintle_instance_t stats = {0};
    pintle_instance_t listed[2];
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_text_t name;
    pintle_receipt_t receipt = {sizeof receipt};
    uint64_t deadline = 1;
    size_t count = 0;

    platform.context = &ticks;
    platform.now = now;
    platform.log = write_line;
    callbacks.session_result = result;

    refusals(&platform);
    OK(pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    refusals_of_a_kernel();
    OK(pintle_core_self(core, &zero));
    OK(pintle_core_callbacks(core, &callbacks, &answers));
    OK(pintle_core_add(core, &pintle_entry_stats, NULL, &stats));
    OK(pintle_core_add(core, &pintle_entry_mirror, &options, &mirror));
    IS(PINTLE_E_EXISTS, pintle_core_add(core, &pintle_entry_mirror, &options, &listed[0]));
    IS(PINTLE_E_CAPACITY, pintle_core_instances(core, listed, 1, &count));
    OK(pintle_core_instances(core, listed, 2, &count));
    HOLDS(count == 2 && listed[0].bits == stats.bits && listed[1].bits == mirror.bits);
    OK(pintle_core_name(core, mirror, &name));
    HOLDS(name.length == 22 && memcmp(name.data, "org.pintle.test.mirror", 22) == 0);

    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_session_create(zero, socket, NULL, &session));
    ask(zero, session, 1);
    HOLDS(answers == 1);
    ask(zero, session, 2);
    HOLDS(answers == 1);
    for (OK(pintle_core_next_deadline(core, &deadline)); deadline == 0;
         OK(pintle_core_next_deadline(core, &deadline))) {
        OK(pintle_core_turn(core));
    }
    HOLDS(answers == 2 && ends == 2 && deadline == PINTLE_NEVER);

    OK(pintle_core_unload(core, mirror, 1000));
    OK(pintle_core_receipt(core, mirror, &receipt));
    IS(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);
    IS(PINTLE_E_CLOSED, pintle_core_unload(core, mirror, 1000));
    OK(pintle_core_unload(core, stats, 1000));
    OK(pintle_core_resign(core));
    IS(PINTLE_E_WRONG_THREAD, pintle_core_turn(core));
    IS(PINTLE_E_WRONG_THREAD, pintle_core_next_deadline(core, &deadline));
    OK(pintle_core_adopt(core));
    OK(pintle_core_turn(core));
    return 0;
}
