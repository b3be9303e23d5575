// Counts the messages that come in, and says so when it is unloaded.

#include <pintle/pintle.hpp>

#include <string>

namespace {

/** The state of one instance. What a method throws makes the host name this plugin, and call it no more. */
class my_plugin : public pintle::plugin {
public:
    my_plugin(pintle::plugin self, const pintle::create_args &args) : plugin(self) {
        log(pintle::level::info, args.config);
    }

    void message_in(const pintle::message_info &, pintle::message &message) {
        messages_ += 1;
        bytes_ += message.length();
    }

    ~my_plugin() {
        log(pintle::level::info, std::to_string(messages_) + " messages, " + std::to_string(bytes_) + " bytes");
    }

private:
    uint64_t messages_ = 0;
    uint64_t bytes_ = 0;
};

} // namespace

PINTLE_CPP_PLUGIN(my_plugin, my_plugin,
    PINTLE_TEXTS("org.example.my-plugin", "my-plugin", "0.1.0", "Example", "Counts what comes in", "MIT",
        "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(my_plugin, message_in))
