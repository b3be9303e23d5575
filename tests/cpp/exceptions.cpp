// Where an exception of plugin zero continues, and plugins with bases of their own. Exits with 0 if all is as it should be,
// else says what is not.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

/** Workers log too. */
std::mutex log_mutex;

/** A plugin whose timer is a method of a class between, and behind whose other base the host's part lies. */
class timed : public pintle::plugin {
public:
    explicit timed(pintle::plugin self) : plugin(self) {}
    void tick(void *, pintle_timer_t) { ticks_++; }

protected:
    int ticks_ = 100;
};

class named {
protected:
    virtual ~named() = default;
    std::string name_ = "a base of its own";
};

class second : public named, public timed {
public:
    second(pintle::plugin self, const pintle::create_args &) : timed(self) { start_timer<&second::tick>(0); }
    ~second() override { log(pintle::level::info, name_ + " " + std::to_string(ticks_)); }
};

/** A filter that sends each message that it sees twice, whatever comes of it. */
class twice : public pintle::plugin {
public:
    twice(pintle::plugin self, const pintle::create_args &) : plugin(self) {}

    void message_in(const pintle::message_info &info, pintle::message &message) {
        for (int times = 0; times < 2; times++) {
            const pintle::message sent = message.copy();
            (void)pintle_session_send(raw(), info.session.handle(), info.channel, sent.handle());
        }
    }
};

/** Plugin zero: throws when it is told to. */
class program : public named, public pintle::application {
public:
    int32_t session_send(pintle::session, uint32_t, pintle::message &message) {
        sent++;
        if (message.view().text() == "throw once" && !std::exchange(thrown_, true)) {
            throw std::out_of_range("the first one");
        }
        if (message.view().text() == "throw") {
            throw std::out_of_range("beyond the end");
        }
        return PINTLE_OK;
    }

    void session_destroyed(pintle::session, void *) {
        if (throws_at_the_end) {
            throw 42;
        }
    }

    void task(void *, pintle::message &) { throw std::length_error("from a task"); }
    void worker_task(void *, pintle::message &) { throw std::length_error("from a worker"); }

    int sent = 0;
    bool throws_at_the_end = false;

private:
    bool thrown_ = false;
};

} // namespace

PINTLE_CPP_PLUGIN(second, second,
    PINTLE_TEXTS("org.test.second", "second", "1", "", "", "", "", "", "", ""), PINTLE_FLAG_MULTI_INSTANCE)
PINTLE_CPP_PLUGIN(twice, twice,
    PINTLE_TEXTS("org.test.twice", "twice", "1", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_METHOD(twice, message_in))

namespace {

void bases(const pintle::host &host, const std::vector<std::string> &log) {
    const pintle_instance_t instance = host.add(pintle_entry_second);
    host.poll();
    host.unload(instance, 5s);
    EXPECT(log.back() == "org.test.second/ a base of its own 101");
}

void exceptions(pintle::host &host, program &zero, const std::vector<std::string> &log) {
    const pintle::plugin self = host.self();
    const pintle::session session = pintle::session::create(self.open({PINTLE_MODE_RELIABLE}), {1});
    for (int times = 0; times < 3; times++) {
        try {
            session.send(0, self.make("throw"));
            EXPECT(!"sent");
        } catch (const std::out_of_range &caught) {
            EXPECT(std::string(caught.what()) == "beyond the end");
        }
        session.send(0, self.make("and on"));
    }
    // It comes out of the call that caused it, and not out of one that the next callback makes.
    host.add(pintle_entry_twice);
    zero.sent = 0;
    try {
        session.receive(0, self.make("throw once"));
        EXPECT(!"received");
    } catch (const std::out_of_range &caught) {
        EXPECT(std::string(caught.what()) == "the first one" && zero.sent == 2);
    }
    // No call waits for what a worker runs.
    const std::string said = "host/kernel panicked in worker task: exception in worker task: from a worker";
    const auto is_said = [&] {
        const std::lock_guard<std::mutex> locked(log_mutex);
        return log.back() == said;
    };
    self.submit_worker<&program::worker_task>();
    while (!is_said()) {
        host.poll(1ms);
    }
    session.client_id();
    self.submit<&program::task>();
    try {
        host.poll();
        EXPECT(!"polled");
    } catch (const std::length_error &caught) {
        EXPECT(std::string(caught.what()) == "from a task");
    }
    zero.throws_at_the_end = true;
    try {
        session.destroy();
        EXPECT(!"destroyed");
    } catch (int caught) {
        EXPECT(caught == 42);
    }
    EXPECT(refusal([&] { session.client_id(); }) == PINTLE_E_STALE);
    // One that nobody waits for goes with its host.
    pintle::session::create(self.open({PINTLE_MODE_RELIABLE}), {2});
}

} // namespace

int main() {
    std::vector<std::string> log;
    program zero;
    pintle::host host;
    host.log_to([&](const pintle::log_line &line) {
        const std::lock_guard<std::mutex> locked(log_mutex);
        log.push_back(std::string(line.instance).append("/").append(line.target).append(" ").append(line.text));
    });
    host.take_part<PINTLE_METHOD(program, session_send), PINTLE_METHOD(program, session_destroyed)>(zero);
    bases(host, log);
    exceptions(host, zero, log);
    return 0;
}
