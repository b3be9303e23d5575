/*
 * Publishes its prices: twice the symbol. There is no symbol 13, and 666 ends as a contained panic does. It is told by
 * its configuration to withdraw them when a socket is opened.
 */
#include "prices.h"

#include <string.h>

static int32_t price(pintle_plugin_t *publisher, uint32_t symbol, uint64_t *out) {
    static const char none[] = "there is no symbol 13";
    static const char broken[] = "the table of prices is broken";
    if (symbol == 13) {
        pintle_error_set(publisher, PINTLE_E_NOT_FOUND, none, sizeof none - 1);
        return PINTLE_E_NOT_FOUND;
    }
    if (symbol == 666) {
        pintle_error_set(publisher, PINTLE_E_PANIC, broken, sizeof broken - 1);
        return PINTLE_E_PANIC;
    }
    *out = (uint64_t)symbol * 2;
    return PINTLE_OK;
}

static const prices table = {sizeof table, 0, price};

static int32_t shop_create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const void *offers = NULL;
    pintle_offer_t mine;
    int32_t status = pintle_extension(plugin, PINTLE_OFFER_ID, strlen(PINTLE_OFFER_ID), &offers);
    (void)args;
    if (status != PINTLE_OK) {
        return status;
    }
    status = pintle_offer_publish(offers, plugin, "org.test.secret/1", strlen("org.test.secret/1"), &table, &mine);
    if (status != PINTLE_E_PERMISSION) {
        return PINTLE_E_STATE;
    }
    return pintle_offer_publish(offers, plugin, PRICES_ID, strlen(PRICES_ID), &table, &mine);
}

static int32_t shop_destroy(pintle_plugin_t *plugin) {
    static const char gone[] = "destroyed";
    return pintle_log_write(plugin, PINTLE_LOG_INFO, NULL, 0, gone, sizeof gone - 1);
}

PINTLE_PLUGIN(shop,
    PINTLE_TEXTS("org.test.shop", "shop", "1", "", "", "", "", PINTLE_OFFER_ID, PRICES_ID, "", ""),
    PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, shop_create),
    PINTLE_ON(destroy, shop_destroy))
