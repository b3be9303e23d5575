/*
 * Holds the kernel's lock in every way that there is, with few of everything and with many, and prints the most
 * instructions that it was held: one line for each path, `name: few many`.
 */
#include "lock.h"

#include "../board/board.h"
#include "hold.h"

#include <stdio.h>
#include <string.h>

#define FEW 4

/* plugins, sockets, sessions, channels, services, requests, requests of a session; messages and bytes of one, large ones and
 * bytes of one, messages and large ones of workers; tasks, timers, watches, inbox, workers, depth, offers */
#define LIMITS(n, workers) \
    n, 1, n, 1, 1, n, 1, 2 * (n), 128, LARGE_MESSAGES, LARGE * (n), n, LARGE_MESSAGES, n, n, 1, PINTLE_NO_INBOX, workers, 8, n

pintle_core_t *core;
pintle_plugin_t *zero;
uint32_t limit;
bool has_workers;

static uint32_t thread = MAIN_THREAD;
static uint8_t region[PINTLE_REGION_SIZE(LIMITS(MOST, MOST))] __attribute__((aligned(64)));
static uint32_t most[PATHS][2];

void on_thread(uint32_t number, void (*run)(void)) {
    const uint32_t before = thread;
    thread = number;
    run();
    thread = before;
}

void expect(const char *file, int line, int32_t expected, int32_t answered) {
    if (answered != expected) {
        printf("%s:%d: %d, and not %d\n", file, line, (int)answered, (int)expected);
        board_exit(1);
    }
}

void work(void) {
    uint32_t worked = has_workers;
    while (worked) {
        EXPECT(PINTLE_OK, pintle_core_work(core, 0, &worked));
    }
}

void settle(void) {
    uint64_t deadline = 0;
    while (deadline == 0) {
        on_thread(WORKER_THREAD, work);
        EXPECT(PINTLE_OK, pintle_core_turn(core));
        EXPECT(PINTLE_OK, pintle_core_next_deadline(core, &deadline));
    }
}

static size_t this_thread(void *context) {
    (void)context;
    return thread;
}

static void panicked(void *context) {
    (void)context;
    puts("panic");
    board_exit(98);
}

/** The asker's, who takes all results. */
static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    (void)plugin;
    (void)info;
    return PINTLE_OK;
}

static void run(size_t column, const pintle_limits_t *limits) {
    pintle_platform_t platform = {sizeof(pintle_platform_t)};
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    platform.now = board_now;
    platform.lock = hold_lock;
    platform.unlock = hold_unlock;
    platform.thread = this_thread;
    platform.fatal = panicked;
    callbacks.session_result = session_result;
    limit = limits->tasks;
    has_workers = limits->workers != PINTLE_NO_WORKERS;
    EXPECT(PINTLE_OK, pintle_core_start(region, sizeof region, limits, &platform, 1, &core));
    EXPECT(PINTLE_OK, pintle_core_self(core, &zero));
    EXPECT(PINTLE_OK, pintle_core_callbacks(core, &callbacks, NULL));
    for (size_t at = 0; at < PATHS; at++) {
        hold_most();
        paths[at].run();
        const uint32_t held = hold_most();
        most[at][column] = held > most[at][column] ? held : most[at][column];
    }
}

int main(void) {
    static const pintle_limits_t limits[] = {
        {sizeof(pintle_limits_t), LIMITS(FEW, PINTLE_NO_WORKERS)},
        {sizeof(pintle_limits_t), LIMITS(FEW, FEW)},
        {sizeof(pintle_limits_t), LIMITS(MOST, PINTLE_NO_WORKERS)},
        {sizeof(pintle_limits_t), LIMITS(MOST, MOST)},
    };
    memset(crowd_text, 'e', sizeof crowd_text);
    if (!hold_begin()) {
        puts("the counter does not count instructions");
        return 1;
    }
    for (size_t at = 0; at < sizeof limits / sizeof limits[0]; at++) {
        run(at / 2, &limits[at]);
    }
    for (size_t at = 0; at < PATHS; at++) {
        printf("%s: %u %u\n", paths[at].name, (unsigned)most[at][0], (unsigned)most[at][1]);
    }
    return 0;
}
