// A transport for `loopback:`: one session for each socket. It logs what is sent, and answers on the same channel.

#include <pintle/pintle.hpp>

#include <string>

namespace {

class loopback : public pintle::plugin {
public:
    loopback(pintle::plugin self, const pintle::create_args &args) : plugin(self), answer_(args.config) {}

    void socket_listening(pintle::socket socket, std::string_view address) {
        if (address == "loopback:") {
            socket.attach();
            pintle::session::create(socket, {7});
        }
    }

    void session_send(pintle::session session, uint32_t channel, pintle::message &message) {
        log(pintle::level::info, "got " + std::string(message.view().text()));
        session.receive(channel, make(std::string_view(answer_)));
    }

    void session_disconnect(pintle::session session) { session.destroy(); }

private:
    std::string answer_;
};

} // namespace

PINTLE_CPP_PLUGIN(loopback, loopback,
    PINTLE_TEXTS("org.test.loopback", "loopback", "1", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(loopback, socket_listening),
    PINTLE_METHOD(loopback, session_send),
    PINTLE_METHOD(loopback, session_disconnect))
