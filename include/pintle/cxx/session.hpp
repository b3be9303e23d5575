/*
 * Sockets, and the sessions that begin at them.
 *
 * Both are names: they are copied freely and own nothing; calls return PINTLE_E_STALE once the object has ended. The errors
 * of each call are documented at the slot of the same name in pintle/plugin.h.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_SESSION_HPP
#define PINTLE_CXX_SESSION_HPP

#include <pintle/cxx/message.hpp>

namespace pintle {

/** A place at which sessions begin. [thread: kernel] */
class socket {
public:
    /** No socket. */
    socket() noexcept = default;
    /** A socket as `plugin` sees it. */
    socket(pintle_plugin_t *plugin, pintle_socket_t handle) noexcept : plugin_(plugin), handle_(handle) {}

    /** The handle, for calls of the C header. */
    pintle_socket_t handle() const noexcept { return handle_; }

    /** Listens at a URI. The plugin that knows its scheme attaches to the socket. */
    result<void> listen(std::string_view address) const {
        return detail::give(plugin_, pintle_socket_listen(plugin_, handle_, address.data(), address.size()));
    }

    /** Connects to a URI as a client. */
    result<void> connect(std::string_view address, bytes token = {}) const {
        return detail::give(plugin_,
            pintle_socket_connect(plugin_, handle_, address.data(), address.size(), token.data(), token.size()));
    }

    /** Stops it and ends its sessions. */
    result<void> stop() const { return detail::give(plugin_, pintle_socket_stop(plugin_, handle_)); }

    /** Stops it if need be, and ends it. */
    result<void> close() const { return detail::give(plugin_, pintle_socket_close(plugin_, handle_)); }

    /** How many channels it has. */
    result<uint32_t> channel_count() const {
        uint32_t count = 0;
        const int32_t status = pintle_socket_channel_count(plugin_, handle_, &count);
        return detail::give(plugin_, status, std::move(count));
    }

    /** The PINTLE_MODE_* mode that its sessions begin with on `channel`. */
    result<uint32_t> channel_mode(uint32_t channel) const {
        uint32_t mode = 0;
        const int32_t status = pintle_socket_channel_mode(plugin_, handle_, channel, &mode);
        return detail::give(plugin_, status, std::move(mode));
    }

    /** Says that the caller serves it, and at what address if that is another than the one asked for. */
    result<void> attach(std::string_view address = {}) const {
        return detail::give(plugin_, pintle_socket_attach(plugin_, handle_, address.data(), address.size()));
    }

    /** Says that the caller serves it no longer. */
    result<void> detach() const { return detail::give(plugin_, pintle_socket_detach(plugin_, handle_)); }

    /** Its clock, in monotonic nanoseconds; 0 while it is not started. */
    result<uint64_t> time() const {
        uint64_t time = 0;
        const int32_t status = pintle_socket_time(plugin_, handle_, &time);
        return detail::give(plugin_, status, std::move(time));
    }

    /** The address that is served, or was asked for [until-next]. */
    result<std::string_view> address() const {
        pintle_text_t address = {};
        const int32_t status = pintle_socket_address(plugin_, handle_, &address);
        return detail::give(plugin_, status, std::string_view(address.data, address.length));
    }

    /** One of the PINTLE_SOCKET_* states. */
    result<uint32_t> state() const {
        uint32_t state = 0;
        const int32_t status = pintle_socket_state(plugin_, handle_, &state);
        return detail::give(plugin_, status, std::move(state));
    }

    /** Whether both name the same socket. */
    friend bool operator==(socket left, socket right) noexcept {
        return left.handle_.bits == right.handle_.bits;
    }
    /** Whether they name different ones. */
    friend bool operator!=(socket left, socket right) noexcept { return !(left == right); }

private:
    friend class session;

    pintle_plugin_t *plugin_ = nullptr;
    pintle_socket_t handle_ = {};
};

/** The round-trip time of a session, in nanoseconds. */
struct round_trip {
    /** Its mean. */
    uint64_t mean_ns;
    /** Its mean deviation from that. */
    uint64_t deviation_ns;
};

/**
 * Options of a new session. The texts, and the name of the address, are not copied: the owner keeps them readable
 * until its `session_destroyed` for the session has returned.
 */
struct session_options {
    /** The number that the owner gave the peer. */
    int64_t client_id = 0;
    /** The address of the peer; may be NULL. [call] */
    const pintle_address_t *address = nullptr;
    /** The owner's own pointer for the session, as if by `set_data`. */
    void *data = nullptr;
    /** Who the peer says, or proved, to be; may be empty. [session] */
    std::string_view user = {};
    /** The sub-protocol that was agreed on with the peer; may be empty. [session] */
    std::string_view protocol = {};
};

/** A request to a service. */
struct request_options {
    /** The service. */
    uint32_t service = 0;
    /** The request's number within the service. */
    uint32_t id = 0;
    /** The asker's own number for it, which its answers carry. */
    uint64_t correlation = 0;
};

/** One peer. [thread: kernel] */
class session {
public:
    /** No session. */
    session() noexcept = default;
    /** A session as `plugin` sees it. */
    session(pintle_plugin_t *plugin, pintle_session_t handle) noexcept : plugin_(plugin), handle_(handle) {}

    /** Creates a session that the caller owns: `create(socket, {client_id})`. */
    static result<session> create(pintle::socket socket, const session_options &options = {}) {
        pintle_session_t handle = {};
        pintle_plugin_t *plugin = socket.plugin_;
        pintle_session_options_t told = {};
        told.size = sizeof told;
        told.client_id = options.client_id;
        told.address = options.address;
        told.data = options.data;
        told.user = {options.user.data(), options.user.size()};
        told.protocol = {options.protocol.data(), options.protocol.size()};
        const int32_t status = pintle_session_create(plugin, socket.handle_, &told, &handle);
        return detail::give(plugin, status, session(plugin, handle));
    }

    /** The handle, for calls of the C header, or as a key. */
    pintle_session_t handle() const noexcept { return handle_; }

    /** Ends it. Owner and plugin zero only. */
    result<void> destroy() const { return detail::give(plugin_, pintle_session_destroy(plugin_, handle_)); }

    /** Hands in a message that came from the peer; the caller keeps it, sealed. Owner and plugin zero only. */
    result<void> receive(uint32_t channel, const message &message) const {
        return detail::give(plugin_, pintle_session_receive(plugin_, handle_, channel, message.handle()));
    }

    /** As `receive`; false if the inbox of the application is full: try again after `session_writable`. */
    result<bool> try_receive(uint32_t channel, const message &message) const {
        const int32_t status = pintle_session_receive(plugin_, handle_, channel, message.handle());
        return detail::give_unless_full(plugin_, status);
    }

    /** Sends a message to the peer; the caller keeps it, sealed. */
    result<void> send(uint32_t channel, const message &message) const {
        return detail::give(plugin_, pintle_session_send(plugin_, handle_, channel, message.handle()));
    }

    /** As `send`; false if the owner is full: try again after `session_writable`. */
    result<bool> try_send(uint32_t channel, const message &message) const {
        return detail::give_unless_full(plugin_, pintle_session_send(plugin_, handle_, channel, message.handle()));
    }

    /**
     * Hands in a service request that came from the peer. The answers come through the owner's `session_result`
     * with its `correlation`. Owner and plugin zero only. `payload` is spent unless this is refused.
     */
    result<void> request(const request_options &options, message &&payload) const {
        return detail::give(plugin_, put(options, payload));
    }

    /** As `request`; false, `payload` kept, if the session's queue is full: try again after `session_writable`. */
    result<bool> try_request(const request_options &options, message &payload) const {
        return detail::give_unless_full(plugin_, put(options, payload));
    }

    /** Cancels the oldest request with this `correlation` that is not done. */
    result<void> cancel(uint64_t correlation) const {
        return detail::give(plugin_, pintle_session_cancel(plugin_, handle_, correlation));
    }

    /** Says that the owner can take no more for now. */
    result<void> suspend() const { return detail::give(plugin_, pintle_session_suspend(plugin_, handle_)); }

    /** Says that the owner can take more. */
    result<void> resume() const { return detail::give(plugin_, pintle_session_resume(plugin_, handle_)); }

    /** Asks the owner to end the session. */
    result<void> disconnect() const { return detail::give(plugin_, pintle_session_disconnect(plugin_, handle_)); }

    /** Stores the caller's own pointer for this session. */
    result<void> set_data(void *data) const {
        return detail::give(plugin_, pintle_session_set_data(plugin_, handle_, data));
    }

    /** The caller's own pointer for this session, which must point to a T; NULL until it is set. [thread: any] */
    template <typename T>
    result<T *> data() const {
        void *data = nullptr;
        const int32_t status = pintle_session_data(plugin_, handle_, &data);
        return detail::give(plugin_, status, static_cast<T *>(data));
    }

    /** The number that the owner gave the peer. */
    result<int64_t> client_id() const {
        int64_t id = 0;
        const int32_t status = pintle_session_client_id(plugin_, handle_, &id);
        return detail::give(plugin_, status, std::move(id));
    }

    /** The address of the peer. */
    result<pintle_address_t> address() const {
        pintle_address_t address = {};
        address.size = sizeof address;
        const int32_t status = pintle_session_address(plugin_, handle_, &address);
        return detail::give(plugin_, status, std::move(address));
    }

    /** Who the peer says, or proved, to be; empty if the owner did not tell [session]. */
    result<std::string_view> user() const {
        pintle_text_t user = {};
        const int32_t status = pintle_session_user(plugin_, handle_, &user);
        return detail::give(plugin_, status, std::string_view(user.data, user.length));
    }

    /** The sub-protocol that was agreed on with the peer; empty if there is none [session]. */
    result<std::string_view> protocol() const {
        pintle_text_t protocol = {};
        const int32_t status = pintle_session_protocol(plugin_, handle_, &protocol);
        return detail::give(plugin_, status, std::string_view(protocol.data, protocol.length));
    }

    /** The socket that it arose on. */
    result<pintle::socket> socket() const {
        pintle_socket_t socket = {};
        const int32_t status = pintle_session_socket(plugin_, handle_, &socket);
        return detail::give(plugin_, status, pintle::socket(plugin_, socket));
    }

    /** The round-trip time as the owner measured it. */
    result<round_trip> rtt() const {
        round_trip rtt = {};
        const int32_t status = pintle_session_rtt(plugin_, handle_, &rtt.mean_ns, &rtt.deviation_ns);
        return detail::give(plugin_, status, std::move(rtt));
    }

    /** The PINTLE_MODE_* mode of a channel. */
    result<uint32_t> channel_mode(uint32_t channel) const {
        uint32_t mode = 0;
        const int32_t status = pintle_session_channel_mode(plugin_, handle_, channel, &mode);
        return detail::give(plugin_, status, std::move(mode));
    }

    /** Changes the mode of a channel; the owner may refuse. */
    result<void> set_channel_mode(uint32_t channel, uint32_t mode) const {
        return detail::give(plugin_, pintle_session_set_channel_mode(plugin_, handle_, channel, mode));
    }

    /** Whether both name the same session. */
    friend bool operator==(session left, session right) noexcept {
        return left.handle_.bits == right.handle_.bits;
    }
    /** Whether they name different ones. */
    friend bool operator!=(session left, session right) noexcept { return !(left == right); }

private:
    int32_t put(const request_options &options, message &payload) const {
        return payload.hand_over([&](pintle_message_t handle) {
            pintle_request_options_t raw = {};
            raw.size = sizeof raw;
            raw.service = options.service;
            raw.id = options.id;
            raw.correlation = options.correlation;
            raw.message = handle;
            return pintle_session_request(plugin_, handle_, &raw);
        });
    }

    pintle_plugin_t *plugin_ = nullptr;
    pintle_session_t handle_ = {};
};

} // namespace pintle

#endif
