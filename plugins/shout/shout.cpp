// Makes the small letters of ASCII large, in both directions, on the channels that its configuration names.
//
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <pintle/pintle.hpp>

#include <algorithm>
#include <bitset>
#include <charconv>
#include <string>

namespace {

/** No host has more channels. */
constexpr uint32_t CHANNELS_MAX = 1024;

constexpr std::string_view KEY = "channels=";

[[noreturn]] void refuse(std::string_view what, std::string_view value) {
    std::string text("shout: ");
    text.append(what).append(", not \"").append(value).append("\"");
    throw pintle::error(PINTLE_E_ARGUMENT, text);
}

uint32_t channel_of(std::string_view text) {
    uint32_t channel = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), channel);
    if (failure != std::errc() || end != text.data() + text.size() || channel >= CHANNELS_MAX) {
        refuse("a channel is a number from 0 to 1023", text);
    }
    return channel;
}

constexpr bool is_small(uint8_t byte) noexcept {
    return byte >= 'a' && byte <= 'z';
}

class shout : public pintle::plugin {
public:
    shout(pintle::plugin self, const pintle::create_args &args) : plugin(self) {
        if (args.config.substr(0, KEY.size()) != KEY) {
            refuse("its configuration is a list such as channels=0,3", args.config);
        }
        std::string_view rest = args.config.substr(KEY.size());
        for (bool more = true; more;) {
            const std::size_t comma = rest.find(',');
            more = comma != std::string_view::npos;
            channels_.set(channel_of(rest.substr(0, comma)));
            rest.remove_prefix(more ? comma + 1 : rest.size());
        }
    }

    void message_in(const pintle::message_info &info, pintle::message &message) const { alter(info.channel, message); }
    void message_out(const pintle::message_info &info, pintle::message &message) const { alter(info.channel, message); }

private:
    void alter(uint32_t channel, pintle::message &message) const {
        // The lane of services is no channel: its number is out of range.
        if (channel >= CHANNELS_MAX || !channels_[channel]) {
            return;
        }
        const pintle::bytes seen = message.view();
        if (std::none_of(seen.begin(), seen.end(), is_small)) {
            return;
        }
        message.edit();
        for (uint8_t &byte : message.view_mut()) {
            byte = static_cast<uint8_t>(is_small(byte) ? byte - 'a' + 'A' : byte);
        }
    }

    std::bitset<CHANNELS_MAX> channels_;
};

} // namespace

PINTLE_CPP_PLUGIN(shout, shout,
    PINTLE_TEXTS("org.pintle.shout", "shout", "0.1.0", "Pintle", "Makes messages loud on the channels it is told",
        "MIT OR Apache-2.0", "", "", "", "",
        "channels texts ! Channels whose messages are made loud, each a number from 0 to 1023\n"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(shout, message_in),
    PINTLE_METHOD(shout, message_out))
