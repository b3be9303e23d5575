/*
 * The mailbox of a host, for programs that fetch what has happened rather than being called.
 *
 *   pintle::host host;
 *   pintle::mailbox mailbox(host);
 *   host.load("./websocket.so");
 *   ...
 *   while (running) {
 *       host.poll();
 *       while (mailbox.fetch()) {
 *           for (pintle::event &event : mailbox.events()) {
 *               if (event.kind == PINTLE_EVENT_MESSAGE_IN) {
 *                   event.session.send(event.channel, event.message);
 *               }
 *           }
 *       }
 *   }
 *
 * Events for which plugin zero has a callback, by `take_part`, are not kept here. The errors of the functions are
 * documented in pintle/host.h.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_CXX_MAILBOX_HPP
#define PINTLE_CXX_MAILBOX_HPP

#include <pintle/cxx/host.hpp>

namespace pintle {

/** Something that waited in a mailbox. What its kind does not name is empty or 0. */
struct event {
    /** One of the PINTLE_EVENT_* constants. Ignore an event of an unknown kind. */
    uint32_t kind;
    /** The session that it is about. */
    pintle::session session;
    /** The payload, with a reference of the application's: move it away to keep it. */
    pintle::message message;
    /** The application's own number: the `correlation` of a request, or what a timer was started with. */
    uint64_t token;
    /** The channel of a message. */
    uint32_t channel;
    /** The code of an exception, or what a request ended with. */
    int32_t code;
    /** The timer that is due. */
    pintle_timer_t timer;
    /** The instance that has ended. */
    pintle_instance_t instance;
};

/**
 * The mailbox of a host, and the events that were fetched last. It goes before its host does: declare it behind that.
 * [thread: kernel]
 */
class mailbox {
public:
    /**
     * Opens the mailbox of a host, before its first plugin is loaded. `capacity` messages may wait for each session in each
     * direction before the sender has to wait; 0 stands for 64. At most `batch` events are fetched at once.
     *
     * PINTLE_E_STATE: the host has a mailbox, or a plugin. PINTLE_E_REENTRANT: from inside a callback.
     */
    explicit mailbox(const host &host, uint32_t capacity = 0, std::size_t batch = 64)
        : host_(host.raw()), self_(host.self().raw()), raw_(batch) {
        events_.reserve(batch);
        const pintle_mailbox_options_t options = {sizeof options, capacity};
        host::check(host_, pintle_mailbox_open(host_, &options));
    }

    mailbox(const mailbox &) = delete;
    mailbox &operator=(const mailbox &) = delete;
    mailbox(mailbox &&) noexcept = default;
    mailbox &operator=(mailbox &&) noexcept = default;

    /**
     * Drops the events that were fetched before, with the messages that are still in them, and takes the oldest ones that
     * wait. False if there are none.
     *
     * An exception that a callback throws meanwhile continues in the next call of `fetch`, which takes nothing: no event is
     * lost by it.
     */
    bool fetch() {
        if (thrown_ != nullptr) {
            std::rethrow_exception(std::exchange(thrown_, nullptr));
        }
        events_.clear();
        std::size_t count = 0;
        const int32_t status =
            pintle_mailbox_fetch(host_, raw_.data(), sizeof(pintle_event_t), raw_.size(), &count);
        thrown_ = detail::waiting::take(self_);
        host::check(host_, status);
        for (std::size_t at = 0; at < count; ++at) {
            const pintle_event_t &raw = raw_[at];
            events_.push_back({raw.kind, {self_, raw.session}, pintle::message::owned(self_, raw.message), raw.token,
                raw.channel, raw.code, raw.timer, raw.instance});
        }
        return count != 0;
    }

    /** The events that the last `fetch` took, the oldest first; valid until the next one. */
    std::vector<event> &events() noexcept { return events_; }

    /**
     * Starts a timer: its event comes after `delay`, then every `period`; with a period of 0, once. `plugin::cancel_timer`
     * of the application cancels it. PINTLE_E_CAPACITY.
     */
    pintle_timer_t start_timer(
        std::chrono::nanoseconds delay, uint64_t token, std::chrono::nanoseconds period = {}) const {
        pintle_timer_t timer = {};
        const int32_t status =
            pintle_mailbox_start_timer(host_, host::to_c(delay), host::to_c(period), token, &timer);
        host::check(host_, status);
        return timer;
    }

private:
    pintle_host_t *host_;
    pintle_plugin_t *self_;
    std::vector<pintle_event_t> raw_;
    std::vector<event> events_;
    std::exception_ptr thrown_;
};

} // namespace pintle

#endif
