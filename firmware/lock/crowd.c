/* A plugin that makes as many of everything as it can. */
#include "lock.h"

#include <string.h>

char crowd_text[256];
pintle_plugin_t *crowd;
pintle_request_t crowd_pending[MOST];
uint32_t crowd_pending_count;

static const uint32_t slow_ids[] = {CROWD_ACQUIRES, CROWD_RESULTS, CROWD_FAILS, CROWD_EXCEPTION, CROWD_PENDING};

uint32_t crowd_acquire(pintle_plugin_t *plugin, void (*each)(pintle_plugin_t *plugin, pintle_message_t message)) {
    pintle_limits_t limits = {sizeof(pintle_limits_t)};
    pintle_message_t message;
    uint32_t count = 0;
    pintle_core_limits(core, &limits);
    while (pintle_message_acquire(plugin, limits.large_message_bytes, &message) == PINTLE_OK ||
           pintle_message_acquire(plugin, 1, &message) == PINTLE_OK) {
        count++;
        if (each != NULL) {
            each(plugin, message);
        }
    }
    return count;
}

static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)data;
    (void)message;
    /* On the kernel thread nothing of this takes the lock. */
    crowd_acquire(plugin, NULL);
    return PINTLE_OK;
}

uint32_t crowd_submit(pintle_plugin_t *plugin, bool to_workers) {
    const pintle_message_t none = {0};
    uint32_t count = 0;
    while ((to_workers ? pintle_executor_submit_worker(plugin, task, NULL, none)
                       : pintle_executor_submit(plugin, task, NULL, none)) == PINTLE_OK) {
        count++;
    }
    return count;
}

/** Posts a result that moves, and one that is copied because a reference to it is kept, as long as messages are free. */
static void give_results(pintle_plugin_t *plugin, pintle_request_t request) {
    for (int stays = 0; stays < 2; stays++) {
        pintle_message_t message;
        if (pintle_message_acquire(plugin, 1, &message) != PINTLE_OK) {
            return;
        }
        EXPECT(PINTLE_OK, pintle_message_write(plugin, message, (const uint8_t *)crowd_text, 64));
        if (stays) {
            EXPECT(PINTLE_OK, pintle_message_retain(plugin, message));
        }
        if (pintle_service_result(plugin, request, message) != PINTLE_OK || stays) {
            EXPECT(PINTLE_OK, pintle_message_release(plugin, message));
        }
    }
}

static int32_t slow_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    switch (info->id) {
    case CROWD_ACQUIRES:
        crowd_acquire(plugin, NULL);
        return PINTLE_OK;
    case CROWD_RESULTS:
        give_results(plugin, request);
        return pintle_service_done(plugin, request);
    case CROWD_FAILS:
        EXPECT(PINTLE_OK, pintle_error_set(plugin, PINTLE_E_IO, crowd_text, sizeof crowd_text - 1));
        return PINTLE_E_IO;
    case CROWD_EXCEPTION:
        EXPECT(PINTLE_OK,
            pintle_service_exception(plugin, request, PINTLE_E_IO, crowd_text, sizeof crowd_text - 1));
        return PINTLE_OK;
    default:
        crowd_pending[crowd_pending_count++] = request;
        return PINTLE_PENDING;
    }
}

static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    (void)plugin;
    (void)stop;
    return PINTLE_PENDING;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    static const struct {
        uint32_t size;
        uint32_t reserved;
    } table = {sizeof table, 0};
    const void *offers = NULL;
    pintle_offer_t offer;
    (void)args;
    crowd = plugin;
    EXPECT(PINTLE_OK, pintle_extension(plugin, PINTLE_OFFER_ID, strlen(PINTLE_OFFER_ID), &offers));
    EXPECT(PINTLE_OK, pintle_offer_publish(offers, plugin, CROWD_OFFER, strlen(CROWD_OFFER), &table, &offer));
    EXPECT(PINTLE_OK,
        pintle_service_declare(plugin, CROWD_SERVICE, slow_ids, sizeof slow_ids / sizeof slow_ids[0]));
    /* They wait until this has returned, and the worker looks at each of them meanwhile. */
    crowd_submit(plugin, true);
    on_thread(WORKER_THREAD, work);
    return PINTLE_OK;
}

PINTLE_PLUGIN(crowd,
    PINTLE_TEXTS("org.pintle.test.crowd", "crowd", "0.1.0", "Pintle", "Makes as many of everything as it can",
        "MIT OR Apache-2.0", "", PINTLE_OFFER_ID, CROWD_OFFER, "0x20000001"),
    PINTLE_FLAG_OPENS_SOCKETS,
    PINTLE_ON(create, create),
    PINTLE_ON(request_stop, request_stop),
    PINTLE_ON(slow_request, slow_request))
