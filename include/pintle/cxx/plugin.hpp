/*
 * The calls of an instance, or of plugin zero, that are not those of a session, a socket or a message.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_PLUGIN_HPP
#define PINTLE_CXX_PLUGIN_HPP

#include <pintle/cxx/offer.hpp>
#include <pintle/cxx/request.hpp>
#include <pintle/cxx/wall.hpp>

#include <initializer_list>

namespace pintle {

/** How much a line of the log matters. */
enum class level : uint32_t {
    /** Something failed that a person must know of. */
    error = PINTLE_LOG_ERROR,
    /** Something is odd but works. */
    warn = PINTLE_LOG_WARN,
    /** News for the operator. */
    info = PINTLE_LOG_INFO,
    /** News for the developer. */
    debug = PINTLE_LOG_DEBUG,
    /** Everything. */
    trace = PINTLE_LOG_TRACE,
};

/**
 * An instance as it sees itself, and through it its host. A name: copied freely, valid until `destroy` returns. The
 * class of a plugin derives from it.
 */
class plugin {
public:
    /** Names an instance. */
    plugin(pintle_plugin_t *raw) noexcept : raw_(raw) {}

    /** The pointer that the C header's calls take. */
    pintle_plugin_t *raw() const noexcept { return raw_; }

    /** Writes a line to the log; `target` names a part of the plugin. [thread: any] */
    void log(level level, std::string_view text, std::string_view target = {}) const noexcept {
        pintle_log_write(
            raw_, static_cast<uint32_t>(level), target.data(), target.size(), text.data(), text.size());
    }

    /** Keeps a text for a status, and gives the status: `return fail(PINTLE_E_STATE, "...");`. [thread: any] */
    int32_t fail(int32_t status, std::string_view text) const noexcept {
        pintle_error_set(raw_, status, text.data(), text.size());
        return status;
    }

    /** An empty message that holds at least `capacity` bytes. PINTLE_E_CAPACITY. [thread: any] */
    result<message> acquire(std::size_t capacity) const {
        pintle_message_t handle = {};
        const int32_t status = pintle_message_acquire(raw_, capacity, &handle);
        return detail::give(raw_, status, message::owned(raw_, handle));
    }

    /** A message that holds `content`. PINTLE_E_CAPACITY. [thread: any] */
    result<message> make(bytes content) const {
        pintle_message_t handle = {};
        int32_t status = pintle_message_acquire(raw_, content.size(), &handle);
        message made = message::owned(raw_, handle);
        if (status == PINTLE_OK) {
            status = pintle_message_write(raw_, handle, content.data(), content.size());
        }
        return detail::give(raw_, status, std::move(made));
    }

    /** Opens a socket whose channels have these PINTLE_MODE_* modes. [thread: kernel] */
    result<socket> open(std::initializer_list<uint32_t> modes) const {
        pintle_socket_t handle = {};
        const int32_t status = pintle_socket_open(raw_, modes.begin(), static_cast<uint32_t>(modes.size()), &handle);
        return detail::give(raw_, status, socket(raw_, handle));
    }

    /** Offers a service that the descriptor announces; the ids in `slow` are slow, all others fast. [thread: kernel] */
    result<void> declare(uint32_t service, std::initializer_list<uint32_t> slow = {}) const {
        return detail::give(raw_, pintle_service_declare(raw_, service, slow.begin(), slow.size()));
    }

    /** Says that the stop which `request_stop` answered with PINTLE_PENDING is complete. [thread: any] */
    result<void> stopped() const { return detail::give(raw_, pintle_stopped(raw_)); }

    /**
     * The table of an interface of the host, such as PINTLE_IO_ID; it must be a T [instance]. [thread: any]
     *
     * PINTLE_E_UNSUPPORTED: this host does not have it. PINTLE_E_NOT_FOUND: an id that is not the contract's.
     */
    template <typename T>
    result<const T *> extension(std::string_view id) const {
        const void *table = nullptr;
        const int32_t status = pintle_extension(raw_, id.data(), id.size(), &table);
        return detail::give(raw_, status, static_cast<const T *>(table));
    }

    /**
     * Publishes a table under an id that the descriptor offers. The table is a static: it begins with its size, and its
     * functions are `pintle::offered`. What a constructor publishes can be found once it is over. [thread: kernel]
     *
     * PINTLE_E_PERMISSION: the descriptor does not offer the id. PINTLE_E_EXISTS: it is published already.
     */
    template <typename Table>
    result<pintle_offer_t> publish(std::string_view id, const Table &table) const {
        const pintle_offer_api_t *api = nullptr;
        pintle_offer_t handle = {};
        int32_t status = offers(api);
        if (status == PINTLE_OK) {
            status = pintle_offer_publish(api, raw_, id.data(), id.size(), &table, &handle);
        }
        return detail::give(raw_, status, std::move(handle));
    }

    /** Ends an offer of this instance; `offer_ended` of all others is called. PINTLE_E_NOT_OWNER. [thread: kernel] */
    result<void> withdraw(pintle_offer_t handle) const {
        const pintle_offer_api_t *api = nullptr;
        int32_t status = offers(api);
        if (status == PINTLE_OK) {
            status = pintle_offer_withdraw(api, raw_, handle);
        }
        return detail::give(raw_, status);
    }

    /** The offer of an interface whose table is a Table. PINTLE_E_NOT_FOUND: no plugin offers it now. [thread: kernel] */
    template <typename Table>
    result<offer<Table>> find(std::string_view id) const {
        const pintle_offer_api_t *api = nullptr;
        pintle_offer_t handle = {};
        int32_t status = offers(api);
        if (status == PINTLE_OK) {
            status = pintle_offer_find(api, raw_, id.data(), id.size(), &handle);
        }
        return detail::give(raw_, status, offer<Table>(raw_, api, handle));
    }

    /** Opens the executor again after `shutdown`. [thread: kernel] */
    result<void> startup() const { return detail::give(raw_, pintle_executor_startup(raw_)); }

    /** Closes the executor: what was submitted still runs. [thread: kernel] */
    result<void> shutdown() const { return detail::give(raw_, pintle_executor_shutdown(raw_)); }

    /**
     * Runs `Method`, a `void (Class::*)(void *data, pintle::message &)`, on the kernel thread in a later turn:
     * `submit<&Class::later>(data)`. `message` is handed over to the task. [thread: any]
     *
     * PINTLE_E_AGAIN: the queue is full. PINTLE_E_CLOSED: after `shutdown`.
     */
    template <auto Method>
    result<void> submit(void *data = nullptr, message message = {}) const {
        return detail::give(raw_, message.hand_over([&](pintle_message_t handle) {
            return pintle_executor_submit(raw_, later<Method>::task, data, handle);
        }));
    }

    /**
     * As `submit`, on a worker, while the kernel thread goes on: what both touch needs a lock. [thread: any]
     *
     * PINTLE_E_STATE: in a constructor, as the worker could be faster than it.
     */
    template <auto Method>
    result<void> submit_worker(void *data = nullptr, message message = {}) const {
        int32_t status = PINTLE_OK;
        if (raw_->data == nullptr) {
            status = fail(PINTLE_E_STATE, "a worker task cannot be submitted before the object is made");
        } else {
            status = message.hand_over([&](pintle_message_t handle) {
                return pintle_executor_submit_worker(raw_, later<Method>::worker_task, data, handle);
            });
        }
        return detail::give(raw_, status);
    }

    /**
     * Runs `Method`, a `void (Class::*)(void *data, pintle_timer_t)`, on the kernel thread after `delay` nanoseconds,
     * then every `period` nanoseconds; 0 means once. PINTLE_E_CAPACITY, PINTLE_E_CLOSED. [thread: kernel]
     */
    template <auto Method>
    result<pintle_timer_t> start_timer(uint64_t delay, uint64_t period = 0, void *data = nullptr) const {
        pintle_timer_t timer = {};
        const int32_t status =
            pintle_executor_start_timer(raw_, delay, period, later<Method>::timer, data, &timer);
        return detail::give(raw_, status, std::move(timer));
    }

    /** Cancels a timer: it is not called again. [thread: kernel] */
    result<void> cancel_timer(pintle_timer_t timer) const {
        return detail::give(raw_, pintle_executor_cancel_timer(raw_, timer));
    }

    /**
     * Calls `Method`, a `void (Class::*)(void *data, pintle_watch_t, uint32_t ready)`, whenever an fd is ready.
     * `io` is `extension<pintle_io_api_t>(PINTLE_IO_ID)`; a watch is changed and ended with pintle_io_change and
     * pintle_io_unwatch. [thread: kernel]
     */
    template <auto Method>
    result<pintle_watch_t> watch(
        const pintle_io_api_t *io, intptr_t fd, uint32_t interest, void *data = nullptr) const {
        pintle_watch_t watch = {};
        const int32_t status =
            pintle_io_watch(io, raw_, fd, interest, later<Method>::watch, data, &watch);
        return detail::give(raw_, status, std::move(watch));
    }

private:
    int32_t offers(const pintle_offer_api_t *&api) const noexcept {
        const void *table = nullptr;
        const int32_t status = pintle_extension(raw_, PINTLE_OFFER_ID, sizeof(PINTLE_OFFER_ID) - 1, &table);
        api = static_cast<const pintle_offer_api_t *>(table);
        return status;
    }

    pintle_plugin_t *raw_;
};

} // namespace pintle

#endif
