/* Timers, driven by the board's clock. */
#include "firmware.h"
#include "tell.h"

#define MILLISECOND UINT64_C(1000000)

static uint64_t once_at;
static uint32_t periods;

static int32_t once(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)plugin;
    (void)timer;
    once_at = board_now(NULL);
    *(bool *)data = true;
    return PINTLE_OK;
}

static int32_t periodic(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) {
    (void)data;
    periods++;
    return periods == 3 ? pintle_executor_cancel_timer(plugin, timer) : PINTLE_OK;
}

void timers(void) {
    pintle_core_t *core = NULL;
    pintle_plugin_t *zero = NULL;
    pintle_timer_t timer;
    bool rang = false;
    uint64_t deadline = 0;
    puts("timers");
    tell("start", firmware_start(&firmware_limits, tell_log, &core, &zero));
    const uint64_t begin = board_now(NULL);
    tell("once, after 5 ms", pintle_executor_start_timer(zero, 5 * MILLISECOND, 0, once, &rang, &timer));
    tell("every 2 ms", pintle_executor_start_timer(zero, 2 * MILLISECOND, 2 * MILLISECOND, periodic, NULL, &timer));
    while (!rang || periods < 3) {
        firmware_turn(core);
    }
    tell_whether("not early", once_at - begin >= 5 * MILLISECOND);
    tell("cancelled when it had come three times", pintle_executor_cancel_timer(zero, timer));
    rang = false;
    tell("once more", pintle_executor_start_timer(zero, 6 * MILLISECOND, 0, once, &rang, &timer));
    while (!rang) {
        firmware_turn(core);
    }
    tell_whether("not called again", periods == 3);
    tell("nothing is due", pintle_core_next_deadline(core, &deadline));
    tell_whether("never", deadline == PINTLE_NEVER);
}
