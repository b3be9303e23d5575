/*
 * A class as a plugin: its constructor is `create`, its methods are callbacks, its destructor is `destroy`.
 *
 *   #include <pintle/pintle.hpp>
 *
 *   class hello : public pintle::plugin {
 *   public:
 *       hello(pintle::plugin self, const pintle::create_args &args) : plugin(self) {
 *           log(pintle::level::info, args.config);
 *       }
 *       void message_in(const pintle::message_info &, pintle::message &message) { bytes += message.length(); }
 *
 *   private:
 *       uint64_t bytes = 0;
 *   };
 *
 *   PINTLE_CPP_PLUGIN(hello, hello,
 *       PINTLE_TEXTS("org.example.hello", "hello", "1.0.0", "Example", "Counts bytes", "MIT", "", "", "", ""),
 *       PINTLE_FLAG_MULTI_INSTANCE,
 *       PINTLE_METHOD(hello, message_in))
 *
 * The class derives from pintle::plugin. Its methods may be inherited from a class that derives from that too.
 *
 * A method returns nothing, which is PINTLE_OK, or a status. Whatever it throws ends at the wall: `pintle::error`
 * becomes its status, with its text; every other exception becomes PINTLE_E_PANIC, which poisons the instance. A
 * constructor that throws makes no instance, and the host says what it threw. A destructor must not throw.
 *
 * A message that a method was given or acquired is released when the method returns, even if it was moved into a member.
 * `pintle::message::keep` prevents that.
 *
 * Callbacks nest: whatever a method calls may lead to another method of the same object, before it returns. References
 * and iterators into the object's own containers do not outlast a call. All methods run on the kernel thread, except
 * `slow_request` and worker tasks, which run beside it and beside each other.
 *
 * Without exceptions (-fno-exceptions) the wall is a plain call, every call gives a pintle::result, and a constructor
 * that can fail takes a third parameter, `int32_t &status`. With PINTLE_NO_ALLOC an object lives in a static of its
 * class, one at a time; else it is made by `new`.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_CALLBACKS_HPP
#define PINTLE_CXX_CALLBACKS_HPP

#include <pintle/cxx/plugin.hpp>

#include <new>

namespace pintle {

/** The arguments of a constructor. */
struct create_args {
    /** The name of this instance, unique in its host. [instance] */
    std::string_view instance;
    /** The configuration, in whatever form the plugin documents; may be empty. [call] */
    std::string_view config;
    /** The ABI minor version that host and plugin agreed on. */
    uint32_t abi_minor;
    /** The ABI minor version of the host. */
    uint32_t host_minor;
};

namespace detail {

/** The storage of the objects of a class. */
template <typename T>
struct place {
#ifdef PINTLE_NO_ALLOC
    static void *take() noexcept { return std::exchange(taken, true) ? nullptr : room; }
    static void give_back(void *) noexcept { taken = false; }

private:
    alignas(T) PINTLE_OWN_ static inline unsigned char room[sizeof(T)];
    PINTLE_OWN_ static inline bool taken = false;
#else
    static void *take() noexcept { return ::operator new(sizeof(T), std::nothrow); }
    static void give_back(void *memory) noexcept { ::operator delete(memory); }
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__, "a plugin's class must not be over-aligned");
#endif
};

/** Gives memory back unless the object in it was made. */
template <typename T>
class room {
public:
    room() noexcept : memory_(place<T>::take()) {}
    room(const room &) = delete;
    room &operator=(const room &) = delete;
    ~room() {
        if (memory_ != nullptr) {
            place<T>::give_back(memory_);
        }
    }

    void *get() const noexcept { return memory_; }
    void keep() noexcept { memory_ = nullptr; }

private:
    void *memory_;
};

template <typename T>
int32_t begin(pintle_plugin_t *plugin, const pintle_create_t *raw) {
    room<T> room;
    if (room.get() == nullptr) {
        return pintle::plugin(plugin).fail(PINTLE_E_CAPACITY, "there is no memory for another instance");
    }
    const create_args args = {{raw->instance.data, raw->instance.length}, {raw->config.data, raw->config.length},
        raw->abi_minor, raw->host_minor};
    int32_t status = PINTLE_OK;
    T *object = nullptr;
    if constexpr (std::is_constructible_v<T, pintle::plugin, const create_args &, int32_t &>) {
        object = new (room.get()) T(pintle::plugin(plugin), args, status);
    } else {
        object = new (room.get()) T(pintle::plugin(plugin), args);
    }
    if (status == PINTLE_OK) {
        status = pintle_data_set(plugin, static_cast<typename base_of<T>::type *>(object));
    }
    if (status != PINTLE_OK) {
        object->~T();
        return status;
    }
    room.keep();
    return PINTLE_OK;
}

} // namespace detail

/** The callbacks of a class, as the host calls them. Each passes on to the method of its name. */
template <typename T>
struct on {
    static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) noexcept {
        return detail::wall_of<T>::type::run(plugin, "create", [&] { return detail::begin<T>(plugin, args); });
    }

    static int32_t destroy(pintle_plugin_t *plugin) noexcept {
        return detail::enter<T>(plugin, "destroy", [&](T &object) {
            pintle_data_set(plugin, nullptr);
            object.~T();
            detail::place<T>::give_back(&object);
        });
    }

    /** `request_stop(const pintle_stop_t &)` */
    static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) noexcept {
        return detail::enter<T>(plugin, "request_stop", [&](T &object) { return object.request_stop(*stop); });
    }

    /** `socket_created(pintle::socket)` */
    static int32_t socket_created(pintle_plugin_t *plugin, pintle_socket_t socket) noexcept {
        return detail::enter<T>(plugin, "socket_created",
            [&](T &object) { return object.socket_created(pintle::socket(plugin, socket)); });
    }

    /** `socket_listening(pintle::socket, std::string_view address)` */
    static int32_t socket_listening(
        pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) noexcept {
        return detail::enter<T>(plugin, "socket_listening", [&](T &object) {
            return object.socket_listening(pintle::socket(plugin, socket), std::string_view(address, length));
        });
    }

    /** `socket_connecting(pintle::socket, std::string_view address, pintle::bytes token)` */
    static int32_t socket_connecting(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address,
        size_t length, const uint8_t *token, size_t token_length) noexcept {
        return detail::enter<T>(plugin, "socket_connecting", [&](T &object) {
            return object.socket_connecting(pintle::socket(plugin, socket), std::string_view(address, length),
                pintle::bytes(token, token_length));
        });
    }

    /** `socket_stopped(pintle::socket)` */
    static int32_t socket_stopped(pintle_plugin_t *plugin, pintle_socket_t socket) noexcept {
        return detail::enter<T>(plugin, "socket_stopped",
            [&](T &object) { return object.socket_stopped(pintle::socket(plugin, socket)); });
    }

    /** `socket_destroyed(pintle::socket)` */
    static int32_t socket_destroyed(pintle_plugin_t *plugin, pintle_socket_t socket) noexcept {
        return detail::enter<T>(plugin, "socket_destroyed",
            [&](T &object) { return object.socket_destroyed(pintle::socket(plugin, socket)); });
    }

    /** `socket_attached(pintle::socket, std::string_view address)` */
    static int32_t socket_attached(
        pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) noexcept {
        return detail::enter<T>(plugin, "socket_attached", [&](T &object) {
            return object.socket_attached(pintle::socket(plugin, socket), std::string_view(address, length));
        });
    }

    /** `socket_detached(pintle::socket)` */
    static int32_t socket_detached(pintle_plugin_t *plugin, pintle_socket_t socket) noexcept {
        return detail::enter<T>(plugin, "socket_detached",
            [&](T &object) { return object.socket_detached(pintle::socket(plugin, socket)); });
    }

    /** `session_created(pintle::session)` */
    static int32_t session_created(pintle_plugin_t *plugin, pintle_session_t session) noexcept {
        return detail::enter<T>(plugin, "session_created",
            [&](T &object) { return object.session_created(pintle::session(plugin, session)); });
    }

    /** `session_destroyed(pintle::session, void *data)` */
    static int32_t session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) noexcept {
        return detail::enter<T>(plugin, "session_destroyed",
            [&](T &object) { return object.session_destroyed(pintle::session(plugin, session), data); });
    }

    /** `message_in(const pintle::message_info &, pintle::message &)`; PINTLE_CONSUMED takes the message */
    static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) noexcept {
        return detail::enter<T>(plugin, "message_in", [&](T &object) {
            pintle::message message = pintle::message::borrowed(plugin, info->message);
            return object.message_in(detail::told(plugin, *info), message);
        });
    }

    /** `message_out(const pintle::message_info &, pintle::message &)`; PINTLE_CONSUMED takes the message */
    static int32_t message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) noexcept {
        return detail::enter<T>(plugin, "message_out", [&](T &object) {
            pintle::message message = pintle::message::borrowed(plugin, info->message);
            return object.message_out(detail::told(plugin, *info), message);
        });
    }

    /** `session_send(pintle::session, uint32_t channel, pintle::message &)` */
    static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
        pintle_message_t handle) noexcept {
        return detail::enter<T>(plugin, "session_send", [&](T &object) {
            pintle::message message = pintle::message::borrowed(plugin, handle);
            return object.session_send(pintle::session(plugin, session), channel, message);
        });
    }

    /** `session_writable(pintle::session)` */
    static int32_t session_writable(pintle_plugin_t *plugin, pintle_session_t session) noexcept {
        return detail::enter<T>(plugin, "session_writable",
            [&](T &object) { return object.session_writable(pintle::session(plugin, session)); });
    }

    /** `session_disconnect(pintle::session)` */
    static int32_t session_disconnect(pintle_plugin_t *plugin, pintle_session_t session) noexcept {
        return detail::enter<T>(plugin, "session_disconnect",
            [&](T &object) { return object.session_disconnect(pintle::session(plugin, session)); });
    }

    /** `session_result(const pintle::result_info &, pintle::message &)` */
    static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) noexcept {
        return detail::enter<T>(plugin, "session_result", [&](T &object) {
            pintle::message message = pintle::message::borrowed(plugin, info->message);
            return object.session_result(detail::told(plugin, *info), message);
        });
    }

    /** `session_get_rtt(pintle::session, pintle::round_trip &)`, in nanoseconds */
    static int32_t session_get_rtt(
        pintle_plugin_t *plugin, pintle_session_t session, uint64_t *mean_ns, uint64_t *deviation_ns) noexcept {
        return detail::enter<T>(plugin, "session_get_rtt", [&](T &object) {
            pintle::round_trip rtt = {};
            const int32_t status = detail::status_of(
                [&] { return object.session_get_rtt(pintle::session(plugin, session), rtt); });
            *mean_ns = rtt.mean_ns;
            *deviation_ns = rtt.deviation_ns;
            return status;
        });
    }

    /** `session_set_mode(pintle::session, uint32_t channel, uint32_t mode)` */
    static int32_t session_set_mode(
        pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel, uint32_t mode) noexcept {
        return detail::enter<T>(plugin, "session_set_mode",
            [&](T &object) { return object.session_set_mode(pintle::session(plugin, session), channel, mode); });
    }

    /** `request(pintle::request, const pintle_request_info_t &, pintle::message &payload)` */
    static int32_t request(
        pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) noexcept {
        return detail::enter<T>(plugin, "request", [&](T &object) {
            pintle::message payload = pintle::message::payload(plugin, info->message);
            return object.request(pintle::request(plugin, request), *info, payload);
        });
    }

    /** `slow_arrive(pintle::request, const pintle_request_info_t &, pintle::message &payload)` */
    static int32_t slow_arrive(
        pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) noexcept {
        return detail::enter<T>(plugin, "slow_arrive", [&](T &object) {
            pintle::message payload = pintle::message::borrowed(plugin, info->message);
            return object.slow_arrive(pintle::request(plugin, request), *info, payload);
        });
    }

    /** `slow_request(pintle::request, const pintle_request_info_t &, pintle::message &payload)`, on a worker */
    static int32_t slow_request(
        pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) noexcept {
        return detail::enter_on_worker<T>(plugin, "slow_request", [&](T &object) {
            pintle::message payload = pintle::message::payload(plugin, info->message);
            return object.slow_request(pintle::request(plugin, request), *info, payload);
        });
    }

    /** `request_done(pintle::request, const pintle_request_info_t &, int32_t status)` */
    static int32_t request_done(pintle_plugin_t *plugin, pintle_request_t request,
        const pintle_request_info_t *info, int32_t status) noexcept {
        return detail::enter<T>(plugin, "request_done",
            [&](T &object) { return object.request_done(pintle::request(plugin, request), *info, status); });
    }

    /** `offer_published(const pintle_offer_info_t &)` */
    static int32_t offer_published(pintle_plugin_t *plugin, const pintle_offer_info_t *info) noexcept {
        return detail::enter<T>(
            plugin, "offer_published", [&](T &object) { return object.offer_published(*info); });
    }

    /** `offer_ended(const pintle_offer_info_t &)` */
    static int32_t offer_ended(pintle_plugin_t *plugin, const pintle_offer_info_t *info) noexcept {
        return detail::enter<T>(plugin, "offer_ended", [&](T &object) { return object.offer_ended(*info); });
    }
};

} // namespace pintle

/** A method of a class as the callback of its name: PINTLE_METHOD(hello, message_in). */
#define PINTLE_METHOD(type, callback) PINTLE_ON(callback, pintle::on<type>::callback)

/**
 * Writes the two exported objects of a plugin: PINTLE_CPP_PLUGIN(name, class, PINTLE_TEXTS(...), flags,
 * PINTLE_METHOD(class, callback), ...). It stands once in a plugin, after the class, at file scope, without a
 * semicolon.
 */
#define PINTLE_CPP_PLUGIN(name, type, ...) \
    PINTLE_PLUGIN(name, __VA_ARGS__, PINTLE_METHOD(type, create), PINTLE_METHOD(type, destroy))

#endif
