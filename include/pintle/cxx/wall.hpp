/*
 * The wall, which turns an exception into a status. Exceptions are caught nowhere else.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_WALL_HPP
#define PINTLE_CXX_WALL_HPP

#include <pintle/cxx/message.hpp>

#include <type_traits>

namespace pintle {
namespace detail {

/** Whatever a method returns, as a status: nothing is PINTLE_OK. */
template <typename Call>
int32_t status_of(Call &&call) {
    if constexpr (std::is_void_v<decltype(call())>) {
        call();
        return PINTLE_OK;
    } else {
        return call();
    }
}

/**
 * The wall of a plugin: `pintle::error` leaves a callback as its status, with its text; any other exception as
 * PINTLE_E_PANIC, which poisons the instance.
 */
struct wall {
    template <typename Body>
    static int32_t run(pintle_plugin_t *plugin, const char *callback, Body &&body) noexcept {
#ifdef __cpp_exceptions
        try {
            return body();
        } catch (...) {
            return contain(plugin, callback);
        }
#else
        (void)plugin;
        (void)callback;
        return body();
#endif
    }

#ifdef __cpp_exceptions
    /** Keeps the text of the exception in flight, and gives its status. */
    static int32_t contain(pintle_plugin_t *plugin, const char *callback) noexcept {
        line text;
        int32_t status = PINTLE_E_PANIC;
        try {
            throw;
        } catch (const error &caught) {
            // A callback that was left half-way is not done.
            status = PINTLE_IS_ERROR(caught.status()) ? caught.status() : PINTLE_E_PANIC;
            text << caught.what();
        } catch (const std::exception &caught) {
            text << "exception in " << callback << ": " << caught.what();
        } catch (...) {
            text << "exception in " << callback << ": not a std::exception";
        }
        pintle_error_set(plugin, status, text.text().data(), text.text().size());
        return status;
    }
#endif
};

/** The wall of a class: the one that it names, or that of a plugin. */
template <typename T, typename = void>
struct wall_of {
    using type = wall;
};
template <typename T>
struct wall_of<T, std::void_t<typename T::pintle_wall>> {
    using type = typename T::pintle_wall;
};

/**
 * Calls the object behind an instance, inside the wall. If there is no object yet, or no longer, nothing is
 * called.
 */
template <typename T, typename Call>
int32_t enter(pintle_plugin_t *plugin, const char *callback, Call &&call) noexcept {
    void *const object = plugin->data;
    if (object == nullptr) {
        return PINTLE_OK;
    }
    return wall_of<T>::type::run(plugin, callback,
        [&] { return status_of([&]() -> decltype(auto) { return call(*static_cast<T *>(object)); }); });
}

template <typename Method>
struct class_of;
template <typename T, typename Member>
struct class_of<Member T::*> {
    using type = T;
};

} // namespace detail

/** Methods that the host calls later: the functions that it is given for them. */
template <auto Method>
struct later {
    /** The class that `Method` is of. */
    using type = typename detail::class_of<decltype(Method)>::type;

    /** For tasks. */
    static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message) noexcept {
        return run(plugin, "task", data, message);
    }

    /** For worker tasks. */
    static int32_t worker_task(pintle_plugin_t *plugin, void *data, pintle_message_t message) noexcept {
        return run(plugin, "worker task", data, message);
    }

    /** For timers. */
    static int32_t timer(pintle_plugin_t *plugin, void *data, pintle_timer_t timer) noexcept {
        return detail::enter<type>(
            plugin, "timer", [&](type &object) { return (object.*Method)(data, timer); });
    }

    /** For watches. */
    static int32_t watch(pintle_plugin_t *plugin, void *data, pintle_watch_t watch, uint32_t ready) noexcept {
        return detail::enter<type>(
            plugin, "watch", [&](type &object) { return (object.*Method)(data, watch, ready); });
    }

private:
    static int32_t run(
        pintle_plugin_t *plugin, const char *place, void *data, pintle_message_t handle) noexcept {
        message message = message::owned(plugin, handle);
        return detail::enter<type>(
            plugin, place, [&](type &object) { return (object.*Method)(data, message); });
    }
};

} // namespace pintle

#endif
