// The plugin shout in C++ for machines without exceptions: makes the small letters of ASCII large, in both directions, on
// the first channels, as its configuration `channels=0,3` names them.
#include <pintle/pintle.hpp>

#include <algorithm>
#include <charconv>

namespace {

constexpr uint32_t CHANNELS = 32;
constexpr std::string_view KEY = "channels=";

constexpr bool is_small(uint8_t byte) noexcept {
    return byte >= 'a' && byte <= 'z';
}

class shout : public pintle::plugin {
public:
    shout(pintle::plugin self, const pintle::create_args &args, int32_t &status) : plugin(self) {
        if (args.config.substr(0, KEY.size()) != KEY || !read(args.config.substr(KEY.size()))) {
            status = fail(PINTLE_E_ARGUMENT, "shout: its configuration is a list such as channels=0,3");
        }
    }

    int32_t message_in(const pintle::message_info &info, pintle::message &message) const {
        return alter(info.channel, message);
    }
    int32_t message_out(const pintle::message_info &info, pintle::message &message) const {
        return alter(info.channel, message);
    }

private:
    /** Reads the list of channels; false if it is none. */
    bool read(std::string_view list) {
        for (bool more = true; more;) {
            uint32_t channel = 0;
            const char *end = list.data() + list.size();
            const auto [after, failure] = std::from_chars(list.data(), end, channel);
            if (failure != std::errc() || channel >= CHANNELS) {
                return false;
            }
            channels_ |= UINT32_C(1) << channel;
            list.remove_prefix(static_cast<std::size_t>(after - list.data()));
            more = !list.empty() && list.front() == ',';
            list.remove_prefix(more);
        }
        return list.empty();
    }

    int32_t alter(uint32_t channel, pintle::message &message) const {
        // The lane of services is no channel: its number is out of range.
        if (channel >= CHANNELS || (channels_ >> channel & 1) == 0) {
            return PINTLE_OK;
        }
        const auto seen = message.view();
        if (seen.status != PINTLE_OK || std::none_of(seen.value.begin(), seen.value.end(), is_small)) {
            return seen.status;
        }
        if (const int32_t status = message.edit(); status != PINTLE_OK) {
            return status;
        }
        const auto bytes = message.view_mut();
        for (uint8_t &byte : bytes.value) {
            byte = static_cast<uint8_t>(is_small(byte) ? byte - 'a' + 'A' : byte);
        }
        return bytes.status;
    }

    uint32_t channels_ = 0;
};

} // namespace

PINTLE_CPP_PLUGIN(shout, shout,
    PINTLE_TEXTS("org.pintle.shout", "shout", "0.1.0", "Pintle", "Makes messages loud on the channels it is told",
        "MIT OR Apache-2.0", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(shout, message_in),
    PINTLE_METHOD(shout, message_out))
