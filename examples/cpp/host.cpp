/*
 * A host in C++: loads plugins, plays one peer of theirs, and says what each of them left behind.
 *
 *   ./cpp-host stats.so echo.so
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <pintle/cxx/host.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

namespace {

/** The service of echo. */
constexpr uint32_t echo = 0x10000001;
constexpr uint32_t fast = 1;
constexpr uint32_t slow = 2;

/** Plugin zero. It owns the session, so it moves the bytes to the peer. */
class application : public pintle::application {
public:
    void session_send(pintle::session, uint32_t, pintle::message &message) {
        std::cout << "to the peer: " << message.view().text() << '\n';
    }

    void session_result(const pintle::result_info &info, pintle::message &message) {
        if (info.kind == PINTLE_RESULT_RESULT) {
            std::cout << (info.correlation == fast ? "fast" : "slow") << " result: " << message.view().text() << '\n';
        } else if (info.kind == PINTLE_RESULT_EXCEPTION) {
            std::cout << "exception " << info.code << '\n';
        } else {
            std::cout << "request " << info.correlation << " is done: status " << info.code << '\n';
            if (--waiting_ == 0) {
                host_->stop();
            }
        }
    }

    void play(const pintle::host &host) {
        host_ = &host;
        const pintle::plugin self = host.self();
        const pintle::socket socket = self.open({PINTLE_MODE_RELIABLE});
        const pintle::session session = pintle::session::create(socket, {1});
        // Messages from the peer and to it pass the filters of the plugins.
        session.receive(0, self.make("hello, host"));
        session.send(0, self.make("hello, peer"));

        // The slow one is answered by a worker.
        waiting_ = 2;
        session.request({echo, fast, fast}, self.make("quickly"));
        session.request({echo, slow, slow}, self.make("at leisure"));
        host.run();
        socket.close();
    }

private:
    const pintle::host *host_ = nullptr;
    int waiting_ = 0;
};

void run(const std::vector<std::string_view> &paths) {
    application application;
    // Its end still calls the application.
    const pintle::host host;
    host.take_part<PINTLE_METHOD(class application, session_send),
        PINTLE_METHOD(class application, session_result)>(application);

    std::vector<pintle_instance_t> plugins;
    for (const std::string_view path : paths) {
        plugins.push_back(host.load(path));
    }
    application.play(host);

    for (auto plugin = plugins.rbegin(); plugin != plugins.rend(); ++plugin) {
        const std::string name = host.name(*plugin);
        const pintle::receipt receipt = host.unload(*plugin, std::chrono::seconds(5));
        std::cout << name << ": " << (receipt.outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "did not stop")
                  << " after " << receipt.calls << " calls, left " << receipt.messages << " messages and "
                  << receipt.timers << " timers behind\n";
    }
}

} // namespace

int main(int count, char **arguments) {
    try {
        run({arguments + 1, arguments + count});
        return EXIT_SUCCESS;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
