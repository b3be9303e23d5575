/*
 * A service whose answers take as long as a test wants.
 *
 * | request | answer |
 * |---|---|
 * | 1, slow | the result "began"; then it waits until it sees that it is cancelled |
 * | 2, slow | the result "began"; then it waits until request 3, and answers "released" |
 * | 3, fast | releases the requests 2 |
 * | 4, fast | how many requests 1 have seen that they were cancelled, in decimal |
 * | 5, slow | as many results as the payload says, numbered from 0 |
 * | 6, fast | as 5 |
 * | 7, fast | none; it is never done |
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include "support.h"

#include <stdatomic.h>
#include <time.h>

#define SERVICE UINT32_C(0x20000001)

typedef struct waiter_t {
    atomic_int cancelled;
    atomic_int released;
} waiter_t;

static waiter_t *waiter_of(pintle_plugin_t *plugin) {
    return plugin->data;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const uint32_t slow[] = {1, 2, 5};
    (void)args;
    must(pintle_data_set(plugin, calloc(1, sizeof(waiter_t))));
    return pintle_service_declare(plugin, SERVICE, slow, sizeof slow / sizeof slow[0]);
}

static int32_t destroy(pintle_plugin_t *plugin) {
    free(waiter_of(plugin));
    return PINTLE_OK;
}

/** Gives the processor away between two looks. */
static void rest(void) {
    const struct timespec moment = {0, 200000};
    nanosleep(&moment, NULL);
}

/** A worker has few messages: it waits until results that are on their way give theirs back. */
static int32_t answer(pintle_plugin_t *plugin, pintle_request_t request, const char *text) {
    pintle_message_t message;
    int32_t status;
    while ((status = pintle_message_acquire(plugin, strlen(text), &message)) == PINTLE_E_CAPACITY) {
        if (pintle_service_is_cancelled(plugin, request) != PINTLE_OK) {
            return PINTLE_E_CANCELLED;
        }
        rest();
    }
    must(status);
    must(pintle_message_write(plugin, message, (const uint8_t *)text, strlen(text)));
    status = pintle_service_result(plugin, request, message);
    if (status != PINTLE_OK) {
        must(pintle_message_release(plugin, message));
    }
    return status;
}

static int32_t count_to(pintle_plugin_t *plugin, pintle_request_t request, long count) {
    int32_t status = PINTLE_OK;
    for (long index = 0; index < count && status == PINTLE_OK; index++) {
        char text[24];
        snprintf(text, sizeof text, "%ld", index);
        status = answer(plugin, request, text);
    }
    return status;
}

static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    char text[24];
    switch (info->id) {
    case 3:
        atomic_store(&waiter_of(plugin)->released, 1);
        return PINTLE_OK;
    case 4:
        snprintf(text, sizeof text, "%d", atomic_load(&waiter_of(plugin)->cancelled));
        return answer(plugin, request, text);
    case 6:
        return count_to(plugin, request, number(plugin, info->message));
    case 7:
        return PINTLE_PENDING;
    default:
        return PINTLE_E_NOT_FOUND;
    }
}

static int32_t slow_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    if (info->id == 5) {
        return count_to(plugin, request, number(plugin, info->message));
    }
    waiter_t *waiter = waiter_of(plugin);
    answer(plugin, request, "began");
    while (pintle_service_is_cancelled(plugin, request) == PINTLE_OK) {
        if (info->id == 2 && atomic_load(&waiter->released)) {
            return answer(plugin, request, "released");
        }
        rest();
    }
    if (info->id == 1) {
        atomic_fetch_add(&waiter->cancelled, 1);
    }
    return PINTLE_E_CANCELLED;
}

PINTLE_PLUGIN(waiter, TEXTS("waiter", "Answers when a test wants it to", "0x20000001"),
    PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(create, create),
    PINTLE_ON(destroy, destroy),
    PINTLE_ON(request, request),
    PINTLE_ON(slow_request, slow_request))
