// The scenario of the tests from C++, over the freestanding kernel: without exceptions, and without an allocator.
#include "../scenario.h"

#include "../firmware.h"
#include "../plugins.h"
#include "../tell.h"
#include "words.hpp"

#include <algorithm>

namespace {

using words::line;
using arguments = std::array<std::string_view, 8>;

/** What has a name; the newest of a name counts. */
template <typename T>
class names {
public:
    void push(std::string_view name, T value) { all_[count_++] = {name, value}; }

    /** What has this name; else nothing of its kind. */
    T find(std::string_view name) const {
        for (std::size_t at = count_; at > 0; --at) {
            if (all_[at - 1].name == name) {
                return all_[at - 1].value;
            }
        }
        return {};
    }

    std::string_view of(T value) const {
        std::size_t at = 0;
        while (!(all_[at].value == value)) {
            ++at;
        }
        return all_[at].name;
    }

private:
    struct entry {
        std::string_view name;
        T value;
    };
    std::array<entry, 16> all_ = {};
    std::size_t count_ = 0;
};

struct request {
    std::string_view name;
    pintle::session session;
    bool done = false;
};

struct answer {
    std::size_t request;
    line text;
};

void print(std::string_view text) {
    std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
}

/** Says a line of what happens meanwhile. */
template <typename... Parts>
void say(const Parts &...parts) {
    line said = std::string_view("    ");
    print((said << ... << parts));
}

/** Plugin zero, and the steps that it takes. */
class application : public pintle::plugin {
public:
    application() : pintle::plugin(nullptr) {}

    /** Takes a step; the answer is a status or a word of its own. */
    line step(std::string_view text) {
        arguments all = {};
        for (std::string_view &word : all) {
            const bool quoted = !text.empty() && text.front() == '"';
            const std::size_t end = quoted ? text.find('"', 1) + 1 : std::min(text.find(' '), text.size());
            word = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        for (const verb &verb : verbs) {
            if (verb.name == all[0]) {
                return (this->*verb.run)({all[1], all[2], all[3], all[4], all[5], all[6], all[7]});
            }
        }
        return line("no such verb");
    }

    // What happens.

    int32_t session_send(pintle::session session, uint32_t channel, pintle::message &message) {
        say("out ", sessions_.of(session), ' ', static_cast<long long>(channel), ' ', bytes_of(message));
        return answer_ == "close" ? static_cast<int32_t>(session.destroy()) : words::to_status(answer_);
    }

    void session_result(const pintle::result_info &info, pintle::message &message) {
        const auto request = static_cast<std::size_t>(info.correlation);
        answer &answer = answers_[answer_count_++];
        answer.request = request;
        switch (info.kind) {
        case PINTLE_RESULT_RESULT:
            answer.text = line("result ") << bytes_of(message);
            break;
        case PINTLE_RESULT_EXCEPTION:
            answer.text = line("exception ") << words::of_status(info.code) << ' ' << bytes_of(message);
            break;
        default:
            answer.text = line("done ") << words::of_status(info.code);
            requests_[request].done = true;
        }
    }

    void session_disconnect(pintle::session session) { say("disconnect ", sessions_.of(session)); }

    void session_destroyed(pintle::session session, void *) { say("ended ", sessions_.of(session)); }

private:
    struct verb {
        std::string_view name;
        line (application::*run)(const arguments &);
    };

    line start(const arguments &words) {
        pintle_limits_t limits = firmware_limits;
        // This program takes no messages from an inbox.
        limits.inbox = PINTLE_NO_INBOX;
        for (std::size_t at = 0; !words[at].empty(); ++at) {
            scenario_limit(&limits, words[at].data());
        }
        pintle_callbacks_t callbacks = {};
        callbacks.size = sizeof callbacks;
        callbacks.session_send = pintle::on<application>::session_send;
        callbacks.session_result = pintle::on<application>::session_result;
        callbacks.session_disconnect = pintle::on<application>::session_disconnect;
        callbacks.session_destroyed = pintle::on<application>::session_destroyed;
        pintle_plugin_t *self = nullptr;
        int32_t status = firmware_start(&limits, tell_log, &core_, &self);
        static_cast<pintle::plugin &>(*this) = self;
        if (status == PINTLE_OK) {
            status = pintle_core_callbacks(core_, &callbacks, static_cast<pintle::plugin *>(this));
        }
        return words::of_status(status);
    }

    line plugin(const arguments &words) {
        const words::payload config = words::to_bytes(words[3]);
        const pintle_add_options_t options = {sizeof options, static_cast<int32_t>(words::to_number(words[2])),
            {words[0].data(), words[0].size()}, {std::string_view(config).data(), std::string_view(config).size()}};
        pintle_instance_t instance = {};
        const pintle_entry_t *entry = plugin_entry(words[1].data(), words[1].size());
        const int32_t status = pintle_core_add(core_, entry, &options, &instance);
        if (status == PINTLE_OK) {
            plugins_.push(words[0], instance.bits);
        }
        return words::of_status(status);
    }

    line socket(const arguments &words) {
        std::array<uint32_t, 4> modes;
        std::size_t count = 0;
        for (; !words[count + 1].empty(); ++count) {
            modes[count] = words::to_mode(words[count + 1]);
        }
        pintle_socket_t handle = {};
        const int32_t status = pintle_socket_open(raw(), modes.data(), count, &handle);
        if (status == PINTLE_OK) {
            sockets_.push(words[0], pintle::socket(raw(), handle));
        }
        return words::of_status(status);
    }

    line session(const arguments &words) {
        const auto created = pintle::session::create(sockets_.find(words[1]), {words::to_number(words[2])});
        if (created.status == PINTLE_OK) {
            sessions_.push(words[0], created.value);
        }
        return words::of_status(created.status);
    }

    line client(const arguments &words) {
        const auto id = sessions_.find(words[0]).client_id();
        return id.status == PINTLE_OK ? line() << static_cast<long long>(id.value) : words::of_status(id.status);
    }

    line mode(const arguments &words) {
        const auto mode = sessions_.find(words[0]).channel_mode(words::to_index(words[1]));
        return mode.status == PINTLE_OK ? line(words::modes[mode.value]) : words::of_status(mode.status);
    }

    line change(const arguments &words) {
        return words::of_status(
            sessions_.find(words[0]).set_channel_mode(words::to_index(words[1]), words::to_mode(words[2])));
    }

    line receive(const arguments &words) {
        const auto made = make(words[2]);
        return words::of_status(made.status != PINTLE_OK
                ? made.status
                : sessions_.find(words[0]).receive(words::to_index(words[1]), made.value).status);
    }

    line send(const arguments &words) {
        const auto made = make(words[2]);
        return words::of_status(made.status != PINTLE_OK
                ? made.status
                : sessions_.find(words[0]).send(words::to_index(words[1]), made.value).status);
    }

    line set_answer(const arguments &words) {
        answer_ = words[0];
        return line("OK");
    }

    line ask(const arguments &words) {
        const pintle::session session = sessions_.find(words[1]);
        auto made = make(words[4]);
        int32_t status = made.status;
        if (status == PINTLE_OK) {
            // Its answers can come before it returns.
            requests_[request_count_] = {words[0], session};
            status = session.request({static_cast<uint32_t>(words::to_number(words[2], 16)),
                                         words::to_index(words[3]), request_count_},
                std::move(made.value));
            request_count_ += status == PINTLE_OK;
        }
        return words::of_status(status);
    }

    line cancel(const arguments &words) {
        std::size_t at = 0;
        while (requests_[at].name != words[0]) {
            ++at;
        }
        return words::of_status(requests_[at].session.cancel(at));
    }

    line settle(const arguments &) {
        for (; settled_ < request_count_; ++settled_) {
            const request &request = requests_[settled_];
            while (!request.done) {
                firmware_turn(core_);
            }
            for (std::size_t at = 0; at < answer_count_; ++at) {
                if (answers_[at].request == settled_) {
                    say(request.name, ' ', answers_[at].text);
                }
            }
        }
        answer_count_ = 0;
        return line("OK");
    }

    line disconnect(const arguments &words) { return words::of_status(sessions_.find(words[0]).disconnect()); }

    line close(const arguments &words) {
        const pintle::socket socket = sockets_.find(words[0]);
        const int32_t status =
            socket.handle().bits != 0 ? socket.close().status : sessions_.find(words[0]).destroy().status;
        return words::of_status(status == PINTLE_E_STALE ? PINTLE_OK : status);
    }

    line unload(const arguments &words) {
        pintle_receipt_t receipt;
        const int32_t status = firmware_unload(core_, {plugins_.find(words[0])}, &receipt);
        if (status != PINTLE_OK) {
            return words::of_status(status);
        }
        const uint32_t left = receipt.messages + receipt.sockets + receipt.sessions + receipt.requests +
            receipt.tasks + receipt.timers + receipt.watches;
        return line(receipt.outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "not stopped")
            << ", calls " << static_cast<long long>(receipt.calls) << ", left " << static_cast<long long>(left);
    }

    line forge(const arguments &) {
        const pintle_session_t handle = {1};
        const int32_t status = pintle::session(raw(), handle).disconnect();
        return status == PINTLE_E_HANDLE ? line("refused") : words::of_status(status);
    }

    /** A kernel ends by being left alone. */
    line end(const arguments &) { return line("OK"); }

    pintle::result<pintle::message> make(std::string_view word) const {
        const words::payload bytes = words::to_bytes(word);
        return pintle::plugin::make(std::string_view(bytes));
    }

    static line bytes_of(const pintle::message &message) {
        return words::of_bytes(message ? message.view().value : pintle::bytes());
    }

    static constexpr std::array<verb, 18> verbs = {{
        {"host", &application::start}, {"plugin", &application::plugin}, {"socket", &application::socket},
        {"session", &application::session}, {"client", &application::client}, {"mode", &application::mode},
        {"change", &application::change}, {"receive", &application::receive}, {"send", &application::send},
        {"answer", &application::set_answer}, {"request", &application::ask}, {"cancel", &application::cancel},
        {"settle", &application::settle}, {"disconnect", &application::disconnect}, {"close", &application::close},
        {"unload", &application::unload}, {"forge", &application::forge}, {"end", &application::end},
    }};

    pintle_core_t *core_ = nullptr;
    names<uint64_t> plugins_;
    names<pintle::socket> sockets_;
    names<pintle::session> sessions_;
    std::string_view answer_ = "OK";
    std::array<request, 24> requests_ = {};
    std::size_t request_count_ = 0;
    std::size_t settled_ = 0;
    std::array<answer, 8> answers_ = {};
    std::size_t answer_count_ = 0;
};

application zero;

} // namespace

void scenario() {
    std::string_view left = steps;
    while (!left.empty()) {
        const std::string_view step = left.substr(0, left.find('\n'));
        left.remove_prefix(step.size() + 1);
        if (scenario_applies(step.data())) {
            print(step);
            say(zero.step(step));
        }
    }
}
