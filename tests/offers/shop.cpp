// The shop in C++: its table leads to a method, which throws for symbol 13.
#include <pintle/pintle.hpp>

#include "prices.h"

#include <stdexcept>

namespace {

class shop : public pintle::plugin {
public:
    shop(pintle::plugin self, const pintle::create_args &) : plugin(self) { publish(PRICES_ID, table); }

    void price(uint32_t symbol, uint64_t *out) const {
        if (symbol == 13) {
            throw pintle::error(PINTLE_E_NOT_FOUND, "there is no symbol 13");
        }
        if (symbol == 666) {
            throw std::runtime_error("the table of prices is broken");
        }
        *out = symbol * factor_;
    }

private:
    static const prices table;
    uint64_t factor_ = 3;
};

const prices shop::table = {sizeof(prices), 0, pintle::offered<&shop::price>::call};

} // namespace

PINTLE_CPP_PLUGIN(shop, shop,
    PINTLE_TEXTS("org.test.shop", "shop", "1", "", "", "", "", PINTLE_OFFER_ID, PRICES_ID, "", ""),
    PINTLE_FLAG_UNLOAD_SAFE)
