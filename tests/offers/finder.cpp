// Finds the prices and asks for one whenever a socket is opened: of the symbol that its configuration names. With "throw"
// it throws after it has asked.
#include <pintle/pintle.hpp>

#include "prices.h"

#include <stdexcept>
#include <string>

namespace {

class finder : public pintle::plugin {
public:
    finder(pintle::plugin self, const pintle::create_args &args) : plugin(self), config_(args.config) {}

    void socket_created(pintle::socket) {
        const uint32_t symbol = config_ == "throw" ? 7 : static_cast<uint32_t>(std::stoul(config_));
        uint64_t price = 0;
        try {
            found_.call(&prices::price, symbol, &price);
            log(pintle::level::info, "price " + std::to_string(price));
        } catch (const pintle::error &error) {
            log(pintle::level::info, std::string("no price: ") + error.what());
        }
        if (config_ == "throw") {
            throw std::runtime_error("after the call");
        }
    }

    void offer_published(const pintle_offer_info_t &info) {
        const std::string_view id(info.id.data, info.id.length);
        if (id == PRICES_ID) {
            found_ = find<prices>(id);
            log(pintle::level::info, found_.handle().bits == info.offer.bits ? "found" : "found another");
        }
    }

    void offer_ended(const pintle_offer_info_t &info) {
        if (info.offer.bits == found_.handle().bits) {
            log(pintle::level::info, "ended");
        }
    }

private:
    std::string config_;
    pintle::offer<prices> found_;
};

} // namespace

PINTLE_CPP_PLUGIN(finder, finder,
    PINTLE_TEXTS("org.test.finder.cpp", "finder", "1", "", "", "", "", PINTLE_OFFER_ID, "", "", ""),
    PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(finder, socket_created),
    PINTLE_METHOD(finder, offer_published),
    PINTLE_METHOD(finder, offer_ended))
