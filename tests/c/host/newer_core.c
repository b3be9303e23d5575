/* A firmware of a later minor version than its library. */
#include "newer.h"

static _Alignas(64) unsigned char region[1 << 20];
static pintle_core_t *core;

static void told(int32_t code, const char *text) {
    pintle_error_t error = {.size = sizeof error};
    if (zero == NULL) {
        /* No kernel, and so nobody who keeps words. */
        return;
    }
    OK(pintle_error_last(zero, &error));
    IS(code, error.code);
    HOLDS(error.length == strlen(text) && memcmp(error.text, text, error.length) == 0);
}

static uint64_t now(void *context) {
    return ++*(uint64_t *)context;
}

static int32_t add_and_unload(const pintle_add_options_t *options) {
    pintle_instance_t instance = {0};
    const int32_t status = pintle_core_add(core, &pintle_entry_quiet, options, &instance);
    if (status == PINTLE_OK) {
        OK(pintle_core_unload(core, instance, PINTLE_NEVER));
    }
    HOLDS((instance.bits != 0) == (status == PINTLE_OK));
    return status;
}

int main(void) {
    static uint64_t clock;
    pintle_limits_t limits = {.plugins = 2, .sessions = 5, .messages = 4, .large_messages = 1, .worker_messages = 1,
                              .worker_large_messages = 1, .requests = 4, .tasks = 4, .watches = 4,
                              .workers = PINTLE_NO_WORKERS};
    pintle_platform_t platform = {.context = &clock, .now = now};
    pintle_add_options_t options = {.config = {"ok", 2}};
    const pintle_callbacks_t callbacks = {.size = sizeof callbacks, .later = never};
    pintle_limits_t in_force;
    pintle_receipt_t receipt;
    pintle_error_t error;
    pintle_instance_t instance = {0};
    size_t size = 0;

    PASSED(pintle_limits_t, limits, pintle_core_region_size(&limits, &size));
    HOLDS(size <= sizeof region);
    platform.size = sizeof platform;
    PASSED(pintle_limits_t, limits, pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    PASSED(pintle_platform_t, platform, pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    OK(pintle_core_self(core, &zero));
    OK(pintle_core_callbacks(core, &callbacks, NULL));
    HOLDS(!PINTLE_HAS(zero, pintle_plugin_t, later));
    PASSED(pintle_add_options_t, options, add_and_unload(&options));
    FILLED(pintle_limits_t, in_force, pintle_core_limits(core, &in_force));
    told(PINTLE_E_ARGUMENT, "pintle_limits_t.size is 83 and must be 84 to 4096: set it to sizeof");
    HOLDS(in_force.sessions == 5 && in_force.depth == 32);
    FILLED(pintle_error_t, error, pintle_error_last(zero, &error));
    HOLDS(error.code == PINTLE_E_ARGUMENT && error.length > 0);
    OK(pintle_core_add(core, &pintle_entry_quiet, &options, &instance));
    FILLED(pintle_receipt_t, receipt, pintle_core_receipt(core, instance, &receipt));
    IS(PINTLE_OUTCOME_LIVE, (int32_t)receipt.outcome);
    OK(pintle_core_unload(core, instance, PINTLE_NEVER));
    return 0;
}
