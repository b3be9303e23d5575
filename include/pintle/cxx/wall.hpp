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

class application;
class plugin;

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

/** The base of T's that `plugin->data` points to. The same pointer then serves the methods of every class between. */
template <typename T>
struct base_of {
    static_assert(std::is_base_of_v<plugin, T> || std::is_base_of_v<application, T>,
        "a callback is a method of a class that derives from pintle::plugin or pintle::application; for one that is "
        "inherited from another base, write a method in the plugin's own class that calls it");
    using type = std::conditional_t<std::is_base_of_v<application, T>, application, plugin>;
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
 * Calls the object behind an instance, inside a wall. If there is no object yet, or no longer, nothing is
 * called.
 */
template <typename T, typename Wall = typename wall_of<T>::type, typename Call>
int32_t enter(pintle_plugin_t *plugin, const char *callback, Call &&call) noexcept {
    if (plugin->data == nullptr) {
        return PINTLE_OK;
    }
    T &object = *static_cast<T *>(static_cast<typename base_of<T>::type *>(plugin->data));
    return Wall::run(
        plugin, callback, [&] { return status_of([&]() -> decltype(auto) { return call(object); }); });
}

/** As `enter`, for what a worker runs. No call of the application's waits for it, so nothing is thrown there. */
template <typename T, typename Call>
int32_t enter_on_worker(pintle_plugin_t *plugin, const char *callback, Call &&call) noexcept {
    return enter<T, wall>(plugin, callback, std::forward<Call>(call));
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
        pintle::message given = pintle::message::owned(plugin, message);
        return detail::enter<type>(
            plugin, "task", [&](type &object) { return (object.*Method)(data, given); });
    }

    /** For worker tasks. */
    static int32_t worker_task(pintle_plugin_t *plugin, void *data, pintle_message_t message) noexcept {
        pintle::message given = pintle::message::owned(plugin, message);
        return detail::enter_on_worker<type>(
            plugin, "worker task", [&](type &object) { return (object.*Method)(data, given); });
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
};

} // namespace pintle

#endif
