/* Is loaded, created and unloaded, again and again. */
#include <pintle/plugin.h>

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)args;
    return pintle_data_set(plugin, NULL);
}

PINTLE_PLUGIN(loaded,
    PINTLE_TEXTS("org.pintle.bench.loaded", "loaded", "1.0.0", "Pintle", "", "", "", "", "", ""),
    PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(create, create))
