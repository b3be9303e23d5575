/* The kernel's memory, its platform and its main loop. */
#include "firmware.h"

/* plugins, sockets, sessions, channels, services, requests, requests of a session; messages and bytes of one, large ones and
 * bytes of one, messages and large ones of workers; tasks, timers, watches, inbox, workers, depth */
#ifdef SMALL
#define LIMITS 5, 2, 3, 2, 2, 3, 2, 6, 64, 2, 256, 1, 1, 2, 2, 2, 2, PINTLE_NO_WORKERS, 8, 1
#else
#define LIMITS 5, 2, 8, 2, 2, 4, 2, 16, 128, 2, 256, 2, 1, 4, 4, 2, 4, PINTLE_NO_WORKERS, 8, 1
#endif

#define SECOND UINT64_C(1000000000)

const pintle_limits_t firmware_limits = {sizeof(pintle_limits_t), LIMITS};
const size_t firmware_region = PINTLE_REGION_SIZE(LIMITS);
__attribute__((aligned(64))) static uint8_t region[PINTLE_REGION_SIZE(LIMITS)];

/** Rust code has panicked. */
static void panicked(void *context) {
    static const char text[] = "panic\n";
    (void)context;
    board_write(text, sizeof text - 1);
    board_exit(98);
}

/* An fd of this firmware is any small number. */

static int32_t watch(void *context, intptr_t fd, uint32_t interest, uint64_t watch) {
    (void)context;
    (void)fd;
    (void)interest;
    (void)watch;
    return PINTLE_OK;
}

static void unwatch(void *context, intptr_t fd) {
    (void)context;
    (void)fd;
}

int32_t firmware_start(const pintle_limits_t *limits, firmware_log_t *log, pintle_core_t **core,
                       pintle_plugin_t **zero) {
    pintle_platform_t platform = {sizeof(pintle_platform_t)};
    platform.now = board_now;
    platform.lock = board_lock;
    platform.unlock = board_unlock;
    platform.log = log;
    platform.watch = watch;
    platform.change = watch;
    platform.unwatch = unwatch;
    platform.fatal = panicked;
    const int32_t status = pintle_core_start(region, sizeof region, limits, &platform, 1, core);
    return status == PINTLE_OK ? pintle_core_self(*core, zero) : status;
}

int32_t firmware_unload(pintle_core_t *core, pintle_instance_t instance, pintle_receipt_t *receipt) {
    int32_t status = pintle_core_unload(core, instance, SECOND);
    if (status != PINTLE_OK && status != PINTLE_PENDING) {
        return status;
    }
    receipt->size = sizeof *receipt;
    status = pintle_core_receipt(core, instance, receipt);
    while (status == PINTLE_OK && receipt->outcome == PINTLE_OUTCOME_LIVE) {
        firmware_turn(core);
        status = pintle_core_receipt(core, instance, receipt);
    }
    return status;
}

void firmware_turn(pintle_core_t *core) {
    uint64_t deadline = 0;
    /* Interrupts are off, so that none comes between the look and the wait; one that comes meanwhile ends the wait. */
    board_lock(NULL);
    pintle_core_next_deadline(core, &deadline);
    if (deadline > board_now(NULL)) {
        board_wait();
    }
    board_unlock(NULL);
    pintle_core_turn(core);
}
