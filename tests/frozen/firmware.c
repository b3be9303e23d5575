/*
 * A program without an operating system, as it is written with the headers of this edition: the plugin is linked in.
 */
#ifndef PINTLE_STATIC
#error "compile all of a firmware with -DPINTLE_STATIC"
#endif
#include "application.h"

PINTLE_DECLARE(frozen);

static _Alignas(64) unsigned char region[1 << 22];
static pintle_core_t *core;

static void turn(void) {
    OK(pintle_core_turn(core));
}

/* A microsecond passes whenever somebody asks. */
static uint64_t now(void *context) {
    return *(uint64_t *)context += 1000;
}

int main(void) {
    const pintle_callbacks_t table = callbacks();
    static uint64_t clock;
    pintle_limits_t limits;
    GUARDED(pintle_limits_t) in_force;
    pintle_platform_t platform;
    pintle_add_options_t options;
    GUARDED(pintle_receipt_t) receipt;
    GUARDED(pintle_error_t) error;
    pintle_instance_t instance;
    size_t size = 0;

    memset(&limits, 0, sizeof limits);
    limits.size = sizeof limits;
    limits.sessions = 17;
    limits.messages = 32;
    limits.large_messages = 2;
    limits.worker_messages = 4;
    limits.worker_large_messages = 1;
    limits.workers = PINTLE_NO_WORKERS;
    OK(pintle_core_region_size(&limits, &size));
    HOLDS(size <= sizeof region);
    memset(&platform, 0, sizeof platform);
    platform.size = sizeof platform;
    platform.context = &clock;
    platform.now = now;
    platform.log = on_log;
    OK(pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    OK(pintle_core_self(core, &zero));
    OK(pintle_core_callbacks(core, &table, NULL));
    PREPARE(in_force);
    OK(pintle_core_limits(core, &in_force.filled));
    IS_INTACT(in_force);
    HOLDS(PINTLE_HAS(&in_force.filled, pintle_limits_t, depth));
    limits = in_force.filled;
    HOLDS(limits.plugins == 32 && limits.sockets == 16);
    HOLDS(limits.sessions == 17 && limits.channels == 8 && limits.messages == 32 && limits.workers == 0);

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.instance.data = "frozen";
    options.instance.length = 6;
    options.config.data = "greeting=hi";
    options.config.length = 11;
    OK(pintle_core_add(core, &pintle_entry_frozen, &options, &instance));

    steps();
    HOLDS(pintle_core_unload(core, instance, UINT64_C(60000000000)) == PINTLE_PENDING);
    do {
        turn();
        PREPARE(receipt);
        OK(pintle_core_receipt(core, instance, &receipt.filled));
        IS_INTACT(receipt);
    } while (receipt.filled.outcome == PINTLE_OUTCOME_LIVE);
    tell(&receipt.filled);
    PREPARE(error);
    OK(pintle_error_last(zero, &error.filled));
    IS_INTACT(error);
    HOLDS(PINTLE_HAS(&error.filled, pintle_error_t, text));
    return 0;
}
