/*
 * Service requests, as the plugin that serves them sees them.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_REQUEST_HPP
#define PINTLE_CXX_REQUEST_HPP

#include <pintle/cxx/session.hpp>

namespace pintle {

/**
 * A request from its arrival until it is done: a name, copied freely. A handler that returns PINTLE_PENDING keeps it
 * and calls `done` later.
 */
class request {
public:
    /** No request. */
    request() noexcept = default;
    /** A request as `plugin` sees it. */
    request(pintle_plugin_t *plugin, pintle_request_t handle) noexcept : plugin_(plugin), handle_(handle) {}

    /** The handle, for calls of the C header. */
    pintle_request_t handle() const noexcept { return handle_; }

    /**
     * Sends one of any number of results. `message`, which may be the request's own payload, is spent unless this is
     * refused. PINTLE_E_STATE: an exception was sent. PINTLE_E_CANCELLED. [thread: kernel|worker]
     */
    pintle::result<void> result(message &message) const {
        const int32_t status = message.hand_over(
            [&](pintle_message_t handle) { return pintle_service_result(plugin_, handle_, handle); });
        return detail::give(plugin_, status);
    }

    /** As above, for a message that was just made. */
    pintle::result<void> result(message &&message) const { return result(message); }

    /** Tells the asker that it failed: a positive code and a text. Results end with it. [thread: kernel|worker] */
    pintle::result<void> exception(int32_t code, std::string_view text) const {
        return detail::give(plugin_, pintle_service_exception(plugin_, handle_, code, text.data(), text.size()));
    }

    /** Ends a request whose handler returned PINTLE_PENDING. [thread: kernel] */
    pintle::result<void> done() const { return detail::give(plugin_, pintle_service_done(plugin_, handle_)); }

    /** Whether the request was cancelled or is over; a long handler should call this from time to time. [thread: any] */
    bool is_cancelled() const noexcept { return pintle_service_is_cancelled(plugin_, handle_) != PINTLE_OK; }

    /** Inside `slow_arrive`: it was answered there and needs no worker. [thread: kernel] */
    pintle::result<void> drop_current() const {
        return detail::give(plugin_, pintle_service_drop_current(plugin_, handle_));
    }

private:
    pintle_plugin_t *plugin_ = nullptr;
    pintle_request_t handle_ = {};
};

/** The arguments of a filter. */
struct message_info {
    /** One of the PINTLE_TRAFFIC_* constants. */
    uint32_t kind;
    /** The session that it crosses. */
    pintle::session session;
    /** The channel; PINTLE_CHANNEL_SERVICE for requests and results. */
    uint32_t channel;
    /** The service of the request; 0 for a message. */
    uint32_t service;
    /** The request's number within the service; 0 for a message. */
    uint32_t id;
    /** PINTLE_REQUEST_* flags of the request; 0 for a message. */
    uint32_t flags;
    /** The asker's own number for the request; 0 for a message. */
    uint64_t correlation;
    /** The request that a result answers; none for a message and for a request. */
    pintle::request request;
};

/** The arguments of an answer to a request. */
struct result_info {
    /** One of the PINTLE_RESULT_* constants. */
    uint32_t kind;
    /** The session that asked. */
    pintle::session session;
    /** The asker's own number for the request. */
    uint64_t correlation;
    /** The code of an exception, or what the request ended with; PINTLE_OK for a result. */
    int32_t code;
    /** PINTLE_REQUEST_* flags of the request. */
    uint32_t flags;
    /** The request; stale, and only a key, once it is over. */
    pintle::request request;
};

namespace detail {

inline message_info told(pintle_plugin_t *plugin, const pintle_message_info_t &raw) noexcept {
    return {raw.kind, session(plugin, raw.session), raw.channel, raw.service, raw.id, raw.flags, raw.correlation,
        request(plugin, raw.request)};
}

inline result_info told(pintle_plugin_t *plugin, const pintle_result_info_t &raw) noexcept {
    return {raw.kind, session(plugin, raw.session), raw.correlation, raw.code, raw.flags,
        request(plugin, raw.request)};
}

} // namespace detail

} // namespace pintle

#endif
