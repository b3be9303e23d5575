// A plugin in C++ without the wall.

#include <pintle/plugin.h>

#include <cstdlib>
#include <stdexcept>

static int32_t message_in(pintle_plugin_t *plugin, pintle_session_t, uint32_t, pintle_message_t message) {
    std::size_t length = 0;
    pintle_message_length(plugin, message, &length);
    if (length == 5) {
        std::abort();
    }
    throw std::runtime_error("nobody catches this");
}

PINTLE_PLUGIN(raw,
    PINTLE_TEXTS("org.test.raw", "raw", "1", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_ON(message_in, message_in))
