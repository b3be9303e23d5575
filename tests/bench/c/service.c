/* Answers every request with its own payload. */
#include <pintle/plugin.h>

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)args;
    return pintle_service_declare(plugin, 7, NULL, 0);
}

static int32_t request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    return pintle_service_result(plugin, request, info->message);
}

PINTLE_PLUGIN(service,
    PINTLE_TEXTS("org.pintle.bench.service", "service", "1.0.0", "Pintle", "", "", "", "", "", "7"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, create),
    PINTLE_ON(request, request))
