/*
 * Counts the messages and bytes that pass, over all sessions, and says so when it ends:
 *
 *   Stats: sent 12 messages (3456 bytes), received 12 messages (3456 bytes)
 *
 * Requests and results count as messages. It needs no allocator and no C library, so it runs in a firmware as it does in a
 * server.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <pintle/plugin.h>

#include <stdatomic.h>
#include <stdbool.h>

/** How many instances there can be in one process, or one firmware. */
#ifndef STATS_INSTANCES
#define STATS_INSTANCES 16
#endif

/** "Stats: sent", four numbers of at most 20 digits, and what stands between them. */
#define LINE_MAX 160

typedef struct count_t {
    uint64_t messages;
    uint64_t bytes;
} count_t;

typedef struct stats_t {
    count_t sent;
    count_t received;
} stats_t;

static stats_t instances[STATS_INSTANCES];

/* Hosts on different threads create instances at the same time. A processor that cannot swap atomically has one core, whose
 * one kernel thread creates them all. */
#if ATOMIC_CHAR_LOCK_FREE == 2
static atomic_flag taken[STATS_INSTANCES];

static bool claim(size_t index) {
    return !atomic_flag_test_and_set(&taken[index]);
}

static void give_back(size_t index) {
    atomic_flag_clear(&taken[index]);
}
#else
static bool taken[STATS_INSTANCES];

static bool claim(size_t index) {
    const bool free = !taken[index];
    taken[index] = true;
    return free;
}

static void give_back(size_t index) {
    taken[index] = false;
}
#endif

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const char full[] = "stats has no room for another instance; compile it with a larger STATS_INSTANCES";
    (void)args;
    for (size_t index = 0; index < STATS_INSTANCES; index++) {
        if (claim(index)) {
            instances[index] = (stats_t){{0, 0}, {0, 0}};
            return pintle_data_set(plugin, &instances[index]);
        }
    }
    pintle_error_set(plugin, PINTLE_E_CAPACITY, full, sizeof full - 1);
    return PINTLE_E_CAPACITY;
}

/** Adds a message to one of the two counts of this instance. */
static int32_t add(pintle_plugin_t *plugin, pintle_message_t message, size_t which) {
    size_t length = 0;
    const int32_t status = pintle_message_length(plugin, message, &length);
    if (status == PINTLE_OK) {
        count_t *count = (count_t *)((char *)plugin->data + which);
        count->messages++;
        count->bytes += length;
    }
    return status;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    return add(plugin, info->message, offsetof(stats_t, received));
}

static int32_t message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    return add(plugin, info->message, offsetof(stats_t, sent));
}

/** A text under construction; LINE_MAX is enough for all that is put into it. */
typedef struct line_t {
    char text[LINE_MAX];
    size_t length;
} line_t;

static void put_text(line_t *line, const char *text) {
    while (*text != '\0') {
        line->text[line->length++] = *text++;
    }
}

/* By subtraction: a division of 64 bits is a call into a library on many small processors. */
static void put_number(line_t *line, uint64_t number) {
    static const uint64_t powers[] = {
        UINT64_C(10000000000000000000), UINT64_C(1000000000000000000), UINT64_C(100000000000000000),
        UINT64_C(10000000000000000),    UINT64_C(1000000000000000),    UINT64_C(100000000000000),
        UINT64_C(10000000000000),       UINT64_C(1000000000000),       UINT64_C(100000000000),
        UINT64_C(10000000000),          UINT64_C(1000000000),          UINT64_C(100000000),
        UINT64_C(10000000),             UINT64_C(1000000),             UINT64_C(100000),
        UINT64_C(10000),                UINT64_C(1000),                UINT64_C(100),
        UINT64_C(10),                   UINT64_C(1),
    };
    const size_t count = sizeof powers / sizeof powers[0];
    bool begun = false;
    for (size_t index = 0; index < count; index++) {
        char digit = '0';
        while (number >= powers[index]) {
            number -= powers[index];
            digit++;
        }
        begun = begun || digit != '0' || index == count - 1;
        if (begun) {
            line->text[line->length++] = digit;
        }
    }
}

static void put_count(line_t *line, const char *word, const count_t *count) {
    put_text(line, word);
    put_number(line, count->messages);
    put_text(line, " messages (");
    put_number(line, count->bytes);
    put_text(line, " bytes)");
}

static int32_t destroy(pintle_plugin_t *plugin) {
    line_t line;
    const stats_t *stats = plugin->data;
    int32_t status;
    line.length = 0;
    put_count(&line, "Stats: sent ", &stats->sent);
    put_count(&line, ", received ", &stats->received);
    status = pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, line.text, line.length);
    give_back((size_t)(stats - instances));
    return status;
}

PINTLE_PLUGIN(stats,
    PINTLE_TEXTS("org.pintle.stats", "stats", "0.1.0", "Pintle", "Counts messages and bytes over all sessions",
        "MIT OR Apache-2.0", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, create),
    PINTLE_ON(message_in, message_in),
    PINTLE_ON(message_out, message_out),
    PINTLE_ON(destroy, destroy))
