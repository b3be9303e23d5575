// A program that runs plugins through pintle.hpp: what it does and what it is refused. Exits with 0 if all is as it
// should be, else says what is not. The first argument is the stats plugin; loopback.cpp is linked in.

#include <pintle/pintle.hpp>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#if __cplusplus >= 202002L
#include <span>
#endif
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

#define EXPECT(condition) \
    do { \
        if (!(condition)) { \
            std::fprintf(stderr, "line %d: not so: %s\n", __LINE__, #condition); \
            std::exit(1); \
        } \
    } while (false)

/** The status that a call is refused with; PINTLE_OK if it is not. */
template <typename Call>
int32_t refusal(Call &&call) {
    try {
        call();
    } catch (const pintle::error &caught) {
        return caught.status();
    }
    return PINTLE_OK;
}

/** Workers log too. */
std::mutex log_mutex;

constexpr uint32_t SERVICE = 0x77;
constexpr uint32_t LATER = 1;
constexpr uint32_t SLOW = 2;
constexpr uint32_t FAIL = 3;
constexpr int32_t FAILED = PINTLE_PLUGIN_FIRST + 5;

/** A plugin that is linked in: it keeps what it is given beyond the callback. */
class keeper : public pintle::plugin {
public:
    keeper(pintle::plugin self, const pintle::create_args &args) : plugin(self) {
        try {
            submit_worker<&keeper::told>();
            EXPECT(!"submitted");
        } catch (const pintle::error &caught) {
            EXPECT(caught.status() == PINTLE_E_STATE);
        }
        if (args.config == "no") {
            throw pintle::error(FAILED, "the keeper was told not to");
        }
        declare(SERVICE, {SLOW});
    }

    void message_in(const pintle::message_info &info, pintle::message &message) {
        if (info.channel != PINTLE_CHANNEL_SERVICE) {
            kept_.push_back(message.keep());
            submit<&keeper::told>(nullptr, make("a note"));
        }
    }

    void told(void *, pintle::message &note) {
        std::string text(note.view().text());
        for (const pintle::message &message : kept_) {
            text.append(" ").append(message.view().text());
        }
        log(pintle::level::info, text, "keeper");
        kept_.clear();
    }

    int32_t request(pintle::request request, const pintle_request_info_t &info, pintle::message &payload) {
        if (info.id == FAIL) {
            throw pintle::error(FAILED, "it fails when asked to");
        }
        asked_ = request;
        answer_ = payload.copy().keep();
        start_timer<&keeper::answer>(1);
        return PINTLE_PENDING;
    }

    void slow_request(pintle::request request, const pintle_request_info_t &, pintle::message &payload) {
        pintle::message slow = acquire(16);
        slow.write("slow ");
        slow.write(payload.view());
        request.result(std::move(slow));
        request.result(payload);
    }

    void answer(void *, pintle_timer_t) {
        asked_.result(std::move(answer_));
        asked_.done();
    }

private:
    std::vector<pintle::message> kept_;
    pintle::request asked_;
    pintle::message answer_;
};

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

/** Plugin zero: hears, and throws when it is told to. */
class program : public named, public pintle::application {
public:
    int32_t session_send(pintle::session, uint32_t, pintle::message &message) {
        heard.emplace_back("send " + std::string(message.view().text()));
        if (message.view().text() == "full") {
            return PINTLE_E_AGAIN;
        }
        if (message.view().text() == "throw once" && !std::exchange(thrown_, true)) {
            throw std::out_of_range("the first one");
        }
        if (message.view().text() == "throw") {
            throw std::out_of_range("beyond the end");
        }
        return PINTLE_OK;
    }

    void session_result(const pintle::result_info &info, pintle::message &message) {
        std::string line = std::to_string(info.correlation) + " " + std::to_string(info.kind) + " " + std::to_string(info.code);
        if (message) {
            line.append(" ").append(message.view().text());
        }
        heard.push_back(std::move(line));
    }

    void session_created(pintle::session session) { created = session; }

    void session_destroyed(pintle::session, void *) {
        if (throws_at_the_end) {
            throw 42;
        }
    }

    void task(void *, pintle::message &) { throw std::length_error("from a task"); }
    void worker_task(void *, pintle::message &) { throw std::length_error("from a worker"); }

    std::vector<std::string> heard;
    pintle::session created;
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
PINTLE_CPP_PLUGIN(keeper, keeper,
    PINTLE_TEXTS("org.test.keeper", "keeper", "1", "", "", "", "", "", "", "0x77"),
    PINTLE_FLAG_MULTI_INSTANCE,
    PINTLE_METHOD(keeper, message_in),
    PINTLE_METHOD(keeper, request),
    PINTLE_METHOD(keeper, slow_request))

PINTLE_DECLARE(loopback);

namespace {

void refusals(const pintle::host &host) {
    try {
        host.load("no/such/plugin.so");
        EXPECT(!"loaded");
    } catch (const pintle::error &caught) {
        EXPECT(caught.status() == PINTLE_E_NO_FILE);
        EXPECT(std::string(caught.what()).find("no/such/plugin.so") != std::string::npos);
    }
    try {
        host.add(pintle_entry_keeper, {"no"});
        EXPECT(!"added");
    } catch (const pintle::error &caught) {
        EXPECT(caught.status() == FAILED);
        EXPECT(std::string(caught.what()).find("the keeper was told not to") != std::string::npos);
    }
    pintle_limits_t limits = pintle::default_limits();
    limits.depth = 1000000;
    EXPECT(refusal([&] { pintle::host with_wrong_limits(limits); }) == PINTLE_E_ARGUMENT);
    EXPECT(refusal([&] { host.unload({}, 1s); }) == PINTLE_E_HANDLE);
    EXPECT(refusal([&] { host.self().open({9}); }) == PINTLE_E_ARGUMENT);
}

void messages(const pintle::host &host) {
    const pintle::plugin self = host.self();
    pintle_message_t handle = {};
    {
        pintle::message message = self.acquire(8);
        handle = message.handle();
        message.write("abc");
        const pintle::buffer room = message.reserve(2);
        room[0] = 'd';
        room[1] = 'e';
        message.commit(2);
        EXPECT(message.view().text() == "abcde" && message.length() == 5);
        uint8_t read[4] = {};
        message.read({read, 4});
        EXPECT(read[3] == 'd');
        EXPECT(refusal([&] { message.read({read, 4}); }) == PINTLE_E_UNDERFLOW);
        message.rewind();
        message.read({read, 1});
        EXPECT(read[0] == 'a');
        EXPECT(refusal([&] { message.edit(); }) == PINTLE_E_STATE);
        EXPECT(refusal([&] { message.commit(1); }) == PINTLE_E_STATE);
        pintle::message copy = message.copy();
        copy.view_mut()[0] = 'x';
        EXPECT(refusal([&] { copy.commit(1); }) == PINTLE_E_STATE);
        EXPECT(copy.view().text() == "xbcde" && message.view().text() == "abcde");
        message.clear();
        EXPECT(message.view().empty());
        pintle::message moved = std::move(message);
        EXPECT(moved && !message && refusal([&] { message.length(); }) == PINTLE_E_HANDLE);
        pintle::message kept = moved.keep();
        EXPECT(kept && !moved);
        copy = std::move(kept);
        EXPECT(copy.handle().bits == handle.bits);
    }
    const std::string text = "of a string";
    EXPECT(self.make(text).view().text() == text && self.make(std::string("moved")).view().text() == "moved");
    const std::vector<uint8_t> numbers = {'o', 'n', 'e'};
    EXPECT(self.make(numbers).view().text() == "one" && self.make(std::vector<std::byte>(3)).length() == 3);
#ifdef __cpp_lib_span
    pintle::message spanned = self.make(std::span(numbers));
    const pintle::buffer room = spanned.reserve(1);
    const std::span<uint8_t> writable = room;
    writable[0] = '!';
    spanned.commit(1);
    const std::span<const uint8_t> seen = spanned.view();
    EXPECT(seen.size() == 4 && seen[3] == '!');
#endif
    std::size_t length = 0;
    EXPECT(pintle_message_length(self.raw(), handle, &length) == PINTLE_E_STALE);
    EXPECT(refusal([&] { self.acquire(SIZE_MAX); }) == PINTLE_E_CAPACITY);
}

void conversation(pintle::host &host, program &zero, const char *stats_path, std::vector<std::string> &log) {
    const pintle_instance_t stats = host.load(stats_path, {"", 10, "counter"});
    const pintle_instance_t keeper = host.add(pintle_entry_keeper);
    EXPECT(host.instances().size() == 2 && host.name(stats) == "counter" && host.path(stats) == stats_path);
    EXPECT(refusal([&] { host.path(keeper); }) == PINTLE_E_NOT_FOUND);
    const pintle::plugin self = host.self();
    const pintle::socket socket = self.open({PINTLE_MODE_RELIABLE, PINTLE_MODE_SEQUENCED});
    EXPECT(socket.channel_count() == 2 && socket.channel_mode(1) == PINTLE_MODE_SEQUENCED);
    const pintle::session session = pintle::session::create(socket, {-5});
    EXPECT(session.client_id() == -5 && session.socket() == socket);
    EXPECT(refusal([&] { session.rtt(); }) == PINTLE_E_UNSUPPORTED);

    session.receive(0, self.make("one"));
    session.receive(1, self.make("two"));
    while (log.size() < 2) {
        host.poll();
    }
    EXPECT(log[0] == "org.test.keeper/keeper a note one two" && log[1] == "org.test.keeper/keeper a note");

    session.send(0, self.make("hello"));
    EXPECT(session.try_send(0, self.make("full")) == false);
    EXPECT(refusal([&] { session.send(0, self.make("still full")); }) == PINTLE_E_AGAIN);
    session.resume();
    EXPECT(session.try_send(0, self.make("again")));
    EXPECT((zero.heard == std::vector<std::string>{"send hello", "send full", "send again"}));
    zero.heard.clear();

    session.request({SERVICE, LATER, 1}, self.make("later"));
    session.request({SERVICE, SLOW, 2}, self.make("poke"));
    session.request({SERVICE, FAIL, 3}, self.make(""));
    pintle::message unspent = self.make("nobody serves this");
    EXPECT(refusal([&] { session.request({1, 1, 4}, std::move(unspent)); }) == PINTLE_E_NOT_FOUND);
    EXPECT(unspent.length() == 18);
    while (zero.heard.size() < 7) {
        host.poll();
    }
    EXPECT((zero.heard
        == std::vector<std::string>{"1 1 0 later", "1 3 0", "2 1 0 slow poke", "2 1 0 poke", "2 3 0",
            "3 2 10005 it fails when asked to", "3 3 10005"}));

    const pintle::receipt receipt = host.unload(stats, 5s);
    EXPECT(receipt.outcome == PINTLE_OUTCOME_STOPPED && receipt.poisoned == 0 && receipt.why().empty());
    EXPECT(log.back() == "counter/ Stats: sent 6 messages (32 bytes), received 5 messages (15 bytes)");
    EXPECT(host.receipt(stats).calls == receipt.calls);
    host.begin_unload(keeper, 5s);
    while (host.receipt(keeper).outcome == PINTLE_OUTCOME_LIVE) {
        host.poll(0s);
    }
    EXPECT(host.receipt(keeper).outcome == PINTLE_OUTCOME_STOPPED && host.instances().empty());
    socket.close();
}

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
    zero.heard.clear();
    try {
        session.receive(0, self.make("throw once"));
        EXPECT(!"received");
    } catch (const std::out_of_range &caught) {
        EXPECT(std::string(caught.what()) == "the first one" && zero.heard.size() == 2);
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

void inbox() {
    pintle_limits_t limits = pintle::default_limits();
    limits.inbox = 1;
    limits.workers = PINTLE_NO_WORKERS;
    program zero;
    const pintle::host host(limits);
    EXPECT(host.limits().inbox == 1 && host.limits().workers == 0);
    host.take_part<PINTLE_METHOD(program, session_created)>(zero);
    host.add(pintle_entry_loopback, {"answer"});
    const pintle::socket socket = host.self().open({PINTLE_MODE_RELIABLE});
    EXPECT(refusal([&] { socket.listen("nobody:"); }) == PINTLE_E_UNSUPPORTED);
    socket.listen("loopback:");
    const pintle::session session = zero.created;
    EXPECT(!host.take());
    EXPECT(session.try_send(0, host.self().make("first")));
    EXPECT(!session.try_send(0, host.self().make("the inbox is full")));
    const std::optional<pintle::inbound> inbound = host.take();
    EXPECT(inbound && inbound->session == session && inbound->channel == 0);
    EXPECT(inbound->message.view().text() == "answer");
    EXPECT(!host.take());
    // Without workers `poll` runs it, and is no more its caller than a worker is.
    host.self().submit_worker<&program::worker_task>();
    while (host.next_deadline() == 0) {
        host.poll(0s);
    }
}

/** Plugin zero as a transport: writes down what the filters made of what it handed in, and what came of it. */
class transport : public pintle::application {
public:
    int32_t message_in(const pintle::message_info &info, pintle::message &message) {
        EXPECT(info.session == own && info.request.handle().bits == 0);
        if (info.kind == PINTLE_TRAFFIC_MESSAGE) {
            EXPECT(info.service == 0 && info.id == 0 && info.flags == 0 && info.correlation == 0);
            heard.append(std::to_string(info.channel)).append(message.view().text()).append(" ");
            return PINTLE_OK;
        }
        EXPECT(info.kind == PINTLE_TRAFFIC_REQUEST && info.channel == PINTLE_CHANNEL_SERVICE);
        EXPECT(info.service == SERVICE && info.id == SLOW && info.flags == PINTLE_REQUEST_SLOW);
        heard.append("?").append(std::to_string(info.correlation)).append(message.view().text()).append(" ");
        return PINTLE_OK;
    }

    void session_result(const pintle::result_info &info, pintle::message &message) {
        EXPECT(info.session == own && info.correlation == 9 && info.flags == PINTLE_REQUEST_SLOW);
        EXPECT(info.code == PINTLE_OK && info.request.handle().bits != 0);
        ended = info.kind == PINTLE_RESULT_DONE;
        heard.append(ended ? "." : "=" + std::string(message.view().text()) + " ");
    }

    pintle::session own;
    std::string heard;
    bool ended = false;
};

void own_transport() {
    transport zero;
    const pintle::host host;
    host.take_part<PINTLE_METHOD(transport, message_in), PINTLE_METHOD(transport, session_result)>(zero);
    host.add(pintle_entry_keeper);
    const pintle::plugin self = host.self();
    zero.own = pintle::session::create(self.open({PINTLE_MODE_RELIABLE, PINTLE_MODE_RELIABLE}), {1});
    zero.own.receive(1, self.make("in"));
    zero.own.request({SERVICE, SLOW, 9}, self.make("ask"));
    while (!zero.ended) {
        host.poll();
    }
    EXPECT(zero.heard == "1in ?9ask =slow ask =ask .");
}

void threads() {
    pintle::host host;
    std::thread stopper([&] { host.stop(); });
    host.run();
    stopper.join();
    EXPECT(host.next_deadline() == PINTLE_NEVER && host.pollable() >= 0);
    host.wake();
    host.poll();
    std::thread owner([moved = std::move(host)]() mutable {
        EXPECT(refusal([&] { moved.poll(0s); }) == PINTLE_E_WRONG_THREAD);
        moved.adopt();
        moved.poll(0s);
        const pintle::host ended_here = std::move(moved);
    });
    owner.join();
    pintle::host left_behind;
    std::thread last([moved = std::move(left_behind)] { EXPECT(moved.raw() != nullptr); });
    last.join();
}

} // namespace

int main(int count, char **arguments) {
    EXPECT(count == 2);
    std::vector<std::string> log;
    program zero;
    {
        pintle::host host;
        host.log_to([&](const pintle::log_line &line) {
            const std::lock_guard<std::mutex> locked(log_mutex);
            log.push_back(std::string(line.instance).append("/").append(line.target).append(" ").append(line.text));
        });
        host.take_part<PINTLE_METHOD(program, session_send), PINTLE_METHOD(program, session_result),
            PINTLE_METHOD(program, session_destroyed)>(zero);
        refusals(host);
        log.clear();
        messages(host);
        conversation(host, zero, arguments[1], log);
        bases(host, log);
        exceptions(host, zero, log);
    }
    inbox();
    own_transport();
    threads();
    return 0;
}
