/* Sees every message that comes in, and lets it pass. */
#include <pintle/plugin.h>

#define TEXT_(number) #number
#define TEXT(number) TEXT_(number)

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)info;
    (void)plugin;
    return PINTLE_OK;
}

PINTLE_PLUGIN(listener,
    PINTLE_TEXTS("org.pintle.bench.listener" TEXT(NUMBER), "listener", "1.0.0", "Pintle", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(message_in, message_in))
