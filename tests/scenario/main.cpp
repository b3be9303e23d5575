// The scenario from C++: see README.md.
#include <pintle/cxx/mailbox.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "words.hpp"

namespace {

using arguments = std::vector<std::string>;

/** Says a line of what happens meanwhile. */
template <typename... Parts>
void say(const Parts &...parts) {
    std::cout << "    ";
    (std::cout << ... << parts) << '\n';
}

struct request {
    std::string name;
    pintle::session session;
    std::vector<std::string> answers = {};
    bool done = false;
};

/** Plugin zero, with what its objects are called. */
class application : public pintle::application {
public:
    std::map<std::string, pintle::session> sessions;
    std::string answer = "OK";

    int32_t session_send(pintle::session session, uint32_t channel, pintle::message &message) {
        say("out ", name_of(session), ' ', channel, ' ', words::of_bytes(message.view()));
        if (answer == "close") {
            session.destroy();
            return PINTLE_OK;
        }
        return words::to_status(answer);
    }

    void session_disconnect(pintle::session session) { say("disconnect ", name_of(session)); }

    void session_destroyed(pintle::session session, void *) { say("ended ", name_of(session)); }

private:
    std::string name_of(pintle::session session) const {
        const auto is_it = [&](const auto &named) { return named.second == session; };
        return std::find_if(sessions.begin(), sessions.end(), is_it)->first;
    }
};

class scenario {
public:
    scenario(std::string folder, uint32_t workers) : folder_(std::move(folder)), workers_(workers) {}

    /** Takes a step; the answer is a status or a word of its own. */
    std::string step(const std::string &line) {
        const arguments all = words::split(line);
        try {
            return (this->*verbs.at(all.front()))({all.begin() + 1, all.end()});
        } catch (const pintle::error &error) {
            return words::of_status(error.status());
        }
    }

private:
    using verb = std::string (scenario::*)(const arguments &);

    std::string start(const arguments &words) {
        static const std::map<std::string, uint32_t pintle_limits_t::*> names = {
            {"message_bytes", &pintle_limits_t::message_bytes},
            {"large_message_bytes", &pintle_limits_t::large_message_bytes},
            {"sessions", &pintle_limits_t::sessions},
            {"requests_per_session", &pintle_limits_t::requests_per_session},
        };
        pintle_limits_t limits = pintle::default_limits();
        limits.workers = workers_ > 0 ? workers_ : PINTLE_NO_WORKERS;
        for (const std::string &word : words) {
            const std::size_t equals = word.find('=');
            limits.*names.at(word.substr(0, equals)) = to_number(word.substr(equals + 1));
        }
        host_.emplace(limits);
        host_->log_to([](const pintle::log_line &line) {
            if (!line.instance.empty()) {
                say("log ", line.instance, ": ", line.text);
            }
        });
        host_->take_part<PINTLE_METHOD(class application, session_send),
            PINTLE_METHOD(class application, session_disconnect),
            PINTLE_METHOD(class application, session_destroyed)>(application_);
        mailbox_.emplace(*host_);
        return "OK";
    }

    std::string plugin(const arguments &words) {
        const std::string config = words::to_bytes(words[3]);
        const pintle::add_options options = {config, std::stoi(words[2]), words[0]};
        plugins_[words[0]] = host_->load(folder_ + '/' + words[1] + ".so", options);
        return "OK";
    }

    std::string file(const arguments &words) {
        host_->load(folder_ + '/' + words[0]);
        return "OK";
    }

    std::string socket(const arguments &words) {
        std::vector<uint32_t> modes;
        std::transform(words.begin() + 1, words.end(), std::back_inserter(modes), words::to_mode);
        pintle_plugin_t *self = host_->self().raw();
        pintle_socket_t handle = {};
        pintle::check(self, pintle_socket_open(self, modes.data(), modes.size(), &handle));
        sockets_[words[0]] = {self, handle};
        return "OK";
    }

    std::string session(const arguments &words) {
        application_.sessions[words[0]] = pintle::session::create(sockets_.at(words[1]), {std::stoll(words[2])});
        return "OK";
    }

    std::string client(const arguments &words) { return std::to_string(session_of(words).client_id()); }

    std::string mode(const arguments &words) {
        return std::string(words::modes.at(session_of(words).channel_mode(to_number(words[1]))));
    }

    std::string change(const arguments &words) {
        session_of(words).set_channel_mode(to_number(words[1]), words::to_mode(words[2]));
        return "OK";
    }

    std::string receive(const arguments &words) {
        session_of(words).receive(to_number(words[1]), make(words[2]));
        return "OK";
    }

    std::string send(const arguments &words) {
        session_of(words).send(to_number(words[1]), make(words[2]));
        return "OK";
    }

    std::string answer(const arguments &words) {
        application_.answer = words[0];
        return "OK";
    }

    std::string ask(const arguments &words) {
        const pintle::session session = application_.sessions.at(words[1]);
        const auto service = static_cast<uint32_t>(std::stoul(words[2], nullptr, 16));
        session.request({service, to_number(words[3]), requests_.size()}, make(words[4]));
        requests_.push_back({words[0], session});
        return "OK";
    }

    std::string cancel(const arguments &words) {
        const auto is_it = [&](const request &request) { return request.name == words[0]; };
        const auto found = std::find_if(requests_.begin(), requests_.end(), is_it);
        found->session.cancel(static_cast<uint64_t>(found - requests_.begin()));
        return "OK";
    }

    std::string settle(const arguments &) {
        for (; settled_ < requests_.size(); ++settled_) {
            const request &request = requests_[settled_];
            while (!request.done) {
                host_->poll();
                fetch();
            }
            for (const std::string &answer : request.answers) {
                say(request.name, ' ', answer);
            }
        }
        return "OK";
    }

    void fetch() {
        while (mailbox_->fetch()) {
            for (const pintle::event &event : mailbox_->events()) {
                if (event.kind == PINTLE_EVENT_RESULT) {
                    requests_[event.token].answers.push_back("result " + words::of_bytes(event.message.view()));
                } else if (event.kind == PINTLE_EVENT_EXCEPTION) {
                    const pintle::bytes text = event.message ? event.message.view() : pintle::bytes();
                    requests_[event.token].answers.push_back(
                        "exception " + words::of_status(event.code) + ' ' + words::of_bytes(text));
                } else if (event.kind == PINTLE_EVENT_DONE) {
                    requests_[event.token].answers.push_back("done " + words::of_status(event.code));
                    requests_[event.token].done = true;
                }
            }
        }
    }

    std::string disconnect(const arguments &words) {
        session_of(words).disconnect();
        return "OK";
    }

    std::string close(const arguments &words) {
        try {
            if (const auto socket = sockets_.find(words[0]); socket != sockets_.end()) {
                socket->second.close();
            } else {
                session_of(words).destroy();
            }
        } catch (const pintle::error &error) {
            if (error.status() != PINTLE_E_STALE) {
                throw;
            }
        }
        return "OK";
    }

    std::string unload(const arguments &words) {
        const pintle::receipt receipt = host_->unload(plugins_.at(words[0]), std::chrono::seconds(5));
        const uint32_t left = receipt.messages + receipt.sockets + receipt.sessions + receipt.requests +
            receipt.tasks + receipt.timers + receipt.watches;
        return std::string(receipt.outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "not stopped") + ", calls " +
            std::to_string(receipt.calls) + ", left " + std::to_string(left);
    }

    std::string forge(const arguments &) {
        const pintle_session_t handle = {1};
        return refused(PINTLE_E_HANDLE, [&] { pintle::session(host_->self().raw(), handle).disconnect(); });
    }

    std::string elsewhere(const arguments &words) {
        std::string said;
        std::thread([&] { said = refused(PINTLE_E_WRONG_THREAD, [&] { send(words); }); }).join();
        return said;
    }

    std::string foreign(const arguments &words) {
        const pintle::host other;
        const pintle::message message = other.self().make(std::string_view(words::to_bytes(words[2])));
        session_of(words).send(to_number(words[1]), message);
        return "OK";
    }

    std::string end(const arguments &) {
        mailbox_.reset();
        host_.reset();
        return "OK";
    }

    /** How a call ends that is refused by the host here, and has no words at all in some other languages. */
    template <typename Call>
    static std::string refused(int32_t expected, Call &&call) {
        try {
            call();
            return "OK";
        } catch (const pintle::error &error) {
            return error.status() == expected ? "refused" : words::of_status(error.status());
        }
    }

    static uint32_t to_number(const std::string &word) { return static_cast<uint32_t>(std::stoul(word)); }

    pintle::session session_of(const arguments &words) const { return application_.sessions.at(words[0]); }

    pintle::message make(const std::string &word) const {
        return host_->self().make(std::string_view(words::to_bytes(word)));
    }

    static inline const std::map<std::string, verb> verbs = {
        {"host", &scenario::start}, {"plugin", &scenario::plugin}, {"socket", &scenario::socket},
        {"session", &scenario::session}, {"client", &scenario::client}, {"mode", &scenario::mode},
        {"change", &scenario::change}, {"receive", &scenario::receive}, {"send", &scenario::send},
        {"answer", &scenario::answer}, {"request", &scenario::ask}, {"cancel", &scenario::cancel},
        {"settle", &scenario::settle}, {"disconnect", &scenario::disconnect}, {"close", &scenario::close},
        {"unload", &scenario::unload}, {"forge", &scenario::forge}, {"!file", &scenario::file},
        {"!elsewhere", &scenario::elsewhere}, {"!foreign", &scenario::foreign}, {"end", &scenario::end},
    };

    std::string folder_;
    uint32_t workers_;
    application application_;
    std::optional<pintle::host> host_;
    std::optional<pintle::mailbox> mailbox_;
    std::vector<request> requests_;
    std::map<std::string, pintle_instance_t> plugins_;
    std::map<std::string, pintle::socket> sockets_;
    std::size_t settled_ = 0;
};

} // namespace

int main(int count, char **arguments) {
    if (count != 4) {
        std::cerr << "usage: " << arguments[0] << " steps.txt FOLDER-OF-PLUGINS WORKERS\n";
        return EXIT_FAILURE;
    }
    scenario scenario(arguments[2], static_cast<uint32_t>(std::stoul(arguments[3])));
    std::ifstream steps(arguments[1]);
    for (std::string line; std::getline(steps, line);) {
        if (!line.empty() && line.front() != '#') {
            std::cout << line << '\n';
            say(scenario.step(line));
        }
    }
    return EXIT_SUCCESS;
}
