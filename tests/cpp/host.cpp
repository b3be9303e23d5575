// A program that runs plugins through pintle.hpp: what it does and what it is refused. Exits with 0 if all is as it
// should be, else says what is not. The first argument is the stats plugin; loopback.cpp is linked in.

#include "expect.hpp"

#include <pintle/pintle.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

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

/** Plugin zero: hears. */
class program : public pintle::application {
public:
    int32_t session_send(pintle::session, uint32_t, pintle::message &message) {
        heard.emplace_back("send " + std::string(message.view().text()));
        if (message.view().text() == "full") {
            return PINTLE_E_AGAIN;
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

    void worker_task(void *, pintle::message &) { throw std::length_error("from a worker"); }

    std::vector<std::string> heard;
    pintle::session created;
};

} // namespace

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
        host.take_part<PINTLE_METHOD(program, session_send), PINTLE_METHOD(program, session_result)>(zero);
        refusals(host);
        log.clear();
        conversation(host, zero, arguments[1], log);
    }
    inbox();
    own_transport();
    threads();
    return 0;
}
