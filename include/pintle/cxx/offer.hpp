/*
 * Interfaces that plugins offer to each other. The publisher defines the table once, as a static; each function of it
 * calls a method:
 *
 *   struct prices {
 *       uint32_t size;
 *       uint32_t reserved;
 *       int32_t (*price)(pintle_plugin_t *publisher, uint32_t symbol, uint64_t *out);
 *   };
 *
 *   class shop : public pintle::plugin {
 *   public:
 *       shop(pintle::plugin self, const pintle::create_args &) : plugin(self) { publish("org.example.prices/1", table); }
 *       void price(uint32_t symbol, uint64_t *out) { *out = symbol * 2; }
 *       static const prices table;
 *   };
 *   const prices shop::table = {sizeof(prices), 0, pintle::offered<&shop::price>::call};
 *
 * A plugin that finds it calls through the host, which returns an error once the publisher has ended:
 *
 *   pintle::offer<prices> found = find<prices>("org.example.prices/1");
 *   found.call(&prices::price, 7, &price);
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_OFFER_HPP
#define PINTLE_CXX_OFFER_HPP

#include <pintle/cxx/wall.hpp>

namespace pintle {
namespace detail {

/** A type that is not deduced from an argument. */
template <typename T>
struct as_it_is {
    using type = T;
};

template <auto Method, typename T, typename... Parameters>
struct offered_of {
    /** The function. */
    static int32_t call(pintle_plugin_t *publisher, Parameters... parameters) noexcept {
        return detail::enter<T>(publisher, "offer",
            [&](T &object) { return (object.*Method)(static_cast<Parameters>(parameters)...); });
    }
};

} // namespace detail

/** `offered<&shop::price>::call`: a method as a function of a published table, inside the wall. */
template <auto Method>
struct offered;
template <typename T, typename Result, typename... Parameters, Result (T::*Method)(Parameters...)>
struct offered<Method> : detail::offered_of<Method, T, Parameters...> {};
template <typename T, typename Result, typename... Parameters, Result (T::*Method)(Parameters...) const>
struct offered<Method> : detail::offered_of<Method, T, Parameters...> {};

/**
 * An interface that another plugin offers, whose table is a `Table`: a struct that begins with its size. A name, copied
 * freely; once the offer has ended it is stale. [thread: kernel]
 */
template <typename Table>
class offer {
public:
    /** Names nothing. */
    offer() noexcept = default;

    /** Names an offer, of an instance that calls. */
    offer(pintle_plugin_t *plugin, const pintle_offer_api_t *api, pintle_offer_t handle) noexcept
        : plugin_(plugin), api_(api), handle_(handle) {}

    /** The handle, to compare with that of `offer_ended`. */
    pintle_offer_t handle() const noexcept { return handle_; }

    /**
     * Calls a function of the table: `found.call(&prices::price, 7, &price)`.
     *
     * PINTLE_E_STALE: the offer has ended. PINTLE_E_POISONED: the publisher threw or panicked. PINTLE_E_UNSUPPORTED: its
     * table is an older one and has no such function. PINTLE_E_REENTRANT: nested too deep. Else whatever it returned, with
     * the publisher's words.
     */
    template <typename... Parameters>
    result<void> call(int32_t (*Table::*function)(pintle_plugin_t *, Parameters...),
        typename detail::as_it_is<Parameters>::type... parameters) const {
        if (plugin_ == nullptr) {
            return detail::give(plugin_, PINTLE_E_HANDLE);
        }
        // No more than the call of a C function: whatever can throw was done before.
        auto run = [&](pintle_plugin_t *publisher, const Table *table) noexcept -> int32_t {
            const auto *const end = reinterpret_cast<const unsigned char *>(&(table->*function) + 1);
            const auto *const begin = reinterpret_cast<const unsigned char *>(table);
            if (table->size < static_cast<std::size_t>(end - begin) || table->*function == nullptr) {
                return PINTLE_E_UNSUPPORTED;
            }
            return (table->*function)(publisher, static_cast<Parameters>(parameters)...);
        };
        return detail::give(plugin_, pintle_offer_call(api_, plugin_, handle_, reach<decltype(run)>, &run));
    }

private:
    template <typename Run>
    static int32_t reach(pintle_plugin_t *publisher, const void *table, void *run) noexcept {
        return (*static_cast<Run *>(run))(publisher, static_cast<const Table *>(table));
    }

    pintle_plugin_t *plugin_ = nullptr;
    const pintle_offer_api_t *api_ = nullptr;
    pintle_offer_t handle_ = {};
};

} // namespace pintle

#endif
