// A program that fetches through pintle.hpp. Exits with 0 if all is as it should be, else says what is not. The first
// argument is the echo plugin; loopback.cpp is linked in.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#include <stdexcept>
#include <string>

PINTLE_DECLARE(loopback);

using namespace std::chrono_literals;

namespace {

constexpr uint32_t ECHO = 0x10000001;

/** The next event, for which the host polls; of a mailbox with a batch of one. */
pintle::event next(const pintle::host &host, pintle::mailbox &mailbox, uint32_t kind) {
    while (!mailbox.fetch()) {
        host.poll();
    }
    EXPECT(mailbox.events().size() == 1);
    pintle::event event = std::move(mailbox.events().front());
    if (event.kind != kind) {
        std::fprintf(stderr, "event %u, and not %u\n", static_cast<unsigned>(event.kind), static_cast<unsigned>(kind));
        std::exit(1);
    }
    return event;
}

/** The peer of a plugin: its messages, back-pressure, and its end. */
void peer() {
    const pintle::host host;
    pintle::mailbox mailbox(host, 2, 1);
    host.add(pintle_entry_loopback, {"answer"});
    const pintle::socket socket = host.self().open({PINTLE_MODE_RELIABLE});
    socket.listen("loopback:");
    const pintle::session session = next(host, mailbox, PINTLE_EVENT_SESSION_CREATED).session;
    EXPECT(session.try_send(0, host.self().make("one")));
    EXPECT(session.try_send(0, host.self().make("two")));
    EXPECT(!session.try_send(0, host.self().make("the mailbox is full")));
    pintle::event kept = next(host, mailbox, PINTLE_EVENT_MESSAGE_IN);
    EXPECT(kept.session == session && kept.channel == 0);
    socket.close();
    EXPECT(next(host, mailbox, PINTLE_EVENT_MESSAGE_IN).message.view().text() == "answer");
    EXPECT(next(host, mailbox, PINTLE_EVENT_SESSION_DESTROYED).session == session);
    EXPECT(!mailbox.fetch() && mailbox.events().empty());
    EXPECT(kept.message.view().text() == "answer");
}

/** Requests, timers and the end of a plugin. */
void service(const char *echo) {
    const pintle::host host;
    pintle::mailbox mailbox(host, 0, 1);
    const pintle_instance_t instance = host.load(echo);
    const pintle::session session = pintle::session::create(host.self().open({PINTLE_MODE_RELIABLE}), {1});
    session.request({ECHO, 2, 41}, host.self().make("slow"));
    pintle::event event = next(host, mailbox, PINTLE_EVENT_RESULT);
    EXPECT(event.token == 41 && event.session == session && event.message.view().text() == "slow");
    EXPECT(next(host, mailbox, PINTLE_EVENT_DONE).token == 41);
    session.request({ECHO, 3, 42}, host.self().make("fails"));
    event = next(host, mailbox, PINTLE_EVENT_EXCEPTION);
    EXPECT(event.token == 42 && event.code == PINTLE_PLUGIN_FIRST + 1 && !event.message.view().empty());
    EXPECT(!next(host, mailbox, PINTLE_EVENT_DONE).message);

    const pintle_timer_t timer = mailbox.start_timer(1ns, 7);
    event = next(host, mailbox, PINTLE_EVENT_TIMER);
    EXPECT(event.timer.bits == timer.bits && event.token == 7);
    const pintle_timer_t never = mailbox.start_timer(1h, 8, 1h);
    host.self().cancel_timer(never);

    host.begin_unload(instance, 5s);
    EXPECT(next(host, mailbox, PINTLE_EVENT_UNLOADED).instance.bits == instance.bits);
    EXPECT(host.receipt(instance).outcome == PINTLE_OUTCOME_STOPPED);
    session.send(0, host.self().make("left in the mailbox"));
    host.poll();
}

/** What was thrown goes on in the next call, which takes nothing. */
void goes_on(pintle::mailbox &mailbox) {
    try {
        mailbox.fetch();
        EXPECT(!"thrown");
    } catch (const std::runtime_error &thrown) {
        EXPECT(std::string(thrown.what()) == "not now" && mailbox.events().size() == 2);
        EXPECT(mailbox.events().front().message.view().text() == "out");
    }
}

/** An application that fetches what is sent to its session, and throws what comes of its requests. */
class thrower : public pintle::application {
public:
    bool thrown = false;

    void session_result(const pintle::result_info &, pintle::message &) {
        if (!thrown) {
            thrown = true;
            throw std::runtime_error("not now");
        }
    }
};

/** What a callback throws while events are fetched costs none of them. */
void exceptions(const char *echo) {
    thrower zero;
    pintle_limits_t limits = pintle::default_limits();
    limits.workers = PINTLE_NO_WORKERS;
    const pintle::host host(limits);
    pintle::mailbox mailbox(host, 2);
    host.take_part<PINTLE_METHOD(thrower, session_result)>(zero);
    host.load(echo);
    const pintle::session session = pintle::session::create(host.self().open({PINTLE_MODE_RELIABLE}), {1});
    // The result comes while the session waits for room, and is passed on by the fetch that makes it.
    session.request({ECHO, 2, 1}, host.self().make("slow"));
    host.poll(0s);
    for (int count = 0; count < 2; ++count) {
        session.send(0, host.self().make("out"));
    }
    EXPECT(!session.try_send(0, host.self().make("refused")));
    host.poll(0s);
    EXPECT(!zero.thrown);
    EXPECT(mailbox.fetch() && mailbox.events().size() == 2 && zero.thrown);
    goes_on(mailbox);
    EXPECT(!mailbox.fetch());
    try {
        const pintle::mailbox second(host);
        EXPECT(!"opened");
    } catch (const pintle::error &error) {
        EXPECT(error.status() == PINTLE_E_STATE && std::string(error.what()) == "the host has a mailbox already");
    }
}

} // namespace

int main(int count, char **arguments) {
    EXPECT(count == 2);
    peer();
    service(arguments[1]);
    exceptions(arguments[1]);
    return 0;
}
