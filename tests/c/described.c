/* A plugin whose descriptor says much of it. */
#include <pintle/plugin.h>

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)plugin;
    (void)args;
    return PINTLE_OK;
}

static int32_t request(pintle_plugin_t *plugin, const pintle_request_info_t *info) {
    (void)plugin;
    (void)info;
    return PINTLE_OK;
}

PINTLE_PLUGIN(described,
    PINTLE_TEXTS("org.test.described", "described", "1.2.3", "Tester", "Says much of itself", "MIT",
        "https://example.org/", "pintle.io/1", "org.test.a/1 org.test.b/2", "7 0x10",
        "level int 1..9 =5 How much.\n"
        "place text ! Where.\n"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE, PINTLE_ON(create, create), PINTLE_ON(request, request))
