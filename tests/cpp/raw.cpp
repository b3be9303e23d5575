// A plugin in C++ without the wall.

#include <pintle/plugin.h>

#include <cstdlib>
#include <stdexcept>

static bool throws;

static int32_t create(pintle_plugin_t *, const pintle_create_t *args) {
    throws = args->config.length == 5 && args->config.data[0] == 't';
    return PINTLE_OK;
}

static int32_t message_in(pintle_plugin_t *, const pintle_message_info_t *) {
    if (throws) {
        throw std::runtime_error("nobody catches this");
    }
    std::abort();
}

PINTLE_PLUGIN(raw,
    PINTLE_TEXTS("org.test.raw", "raw", "1", "", "", "", "", "", "", ""),
    0,
    PINTLE_ON(create, create),
    PINTLE_ON(message_in, message_in))
