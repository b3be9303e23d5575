// A transport and a service for `thrower:` that throws in the callback that its configuration names.

#include <pintle/pintle.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace {

/** The service, and its requests. */
constexpr uint32_t SERVICE = 0x77;
constexpr uint32_t FAST = 1;
constexpr uint32_t SLOW = 2;

class thrower : public pintle::plugin {
public:
    thrower(pintle::plugin self, const pintle::create_args &args) : plugin(self), where_(args.config) {
        hit("create");
        declare(SERVICE, {SLOW});
        submit<&thrower::task>();
        start_timer<&thrower::timer>(0);
    }

    ~thrower() noexcept(false) {
        log(pintle::level::info, "destroyed");
        hit("destroy");
    }

    void task(void *, pintle::message &) { hit("task"); }
    void worker_task(void *, pintle::message &) { hit("worker task"); }
    void timer(void *, pintle_timer_t) { hit("timer"); }
    void request_stop(const pintle_stop_t &) { hit("request_stop"); }
    void socket_created(pintle::socket) {
        hit("socket_created");
        if (!std::exchange(submitted_, true)) {
            submit_worker<&thrower::worker_task>();
        }
    }

    void socket_stopped(pintle::socket) { hit("socket_stopped"); }
    void socket_destroyed(pintle::socket) { hit("socket_destroyed"); }
    void socket_attached(pintle::socket, std::string_view) { hit("socket_attached"); }
    void socket_detached(pintle::socket) { hit("socket_detached"); }
    void session_created(pintle::session) { hit("session_created"); }
    void session_destroyed(pintle::session, void *) { hit("session_destroyed"); }
    void session_writable(pintle::session) { hit("session_writable"); }

    void socket_listening(pintle::socket socket, std::string_view) {
        hit("socket_listening");
        serve(socket);
    }

    void socket_connecting(pintle::socket socket, std::string_view, pintle::bytes) {
        hit("socket_connecting");
        serve(socket);
    }

    void message_in(const pintle::message_info &info, pintle::message &) {
        hit("message_in");
        if (info.channel == 1) {
            info.session.try_send(info.channel, make("is the other side full?"));
        }
    }

    void message_out(const pintle::message_info &, pintle::message &) { hit("message_out"); }

    void session_send(pintle::session session, uint32_t, pintle::message &message) {
        hit("session_send");
        session.request({SERVICE, FAST, 1}, message.copy());
        session.request({SERVICE, SLOW, 2}, message.copy());
    }

    void session_disconnect(pintle::session session) {
        hit("session_disconnect");
        session.destroy();
    }

    void session_result(const pintle::result_info &, pintle::message &) { hit("session_result"); }

    void session_get_rtt(pintle::session, pintle::round_trip &rtt) {
        hit("session_get_rtt");
        rtt = {1, 2};
    }

    void session_set_mode(pintle::session, uint32_t, uint32_t) { hit("session_set_mode"); }

    void request(pintle::request request, const pintle_request_info_t &, pintle::message &payload) {
        hit("request");
        request.result(payload);
    }

    void slow_arrive(pintle::request, const pintle_request_info_t &, pintle::message &) { hit("slow_arrive"); }

    void slow_request(pintle::request request, const pintle_request_info_t &, pintle::message &payload) {
        hit("slow_request");
        request.result(payload);
    }

    void request_done(pintle::request, const pintle_request_info_t &info, int32_t) {
        hit("request_done");
        log(pintle::level::info, info.id == SLOW ? "slow done" : "fast done");
    }

    void offer_published(const pintle_offer_info_t &) { hit("offer_published"); }
    void offer_ended(const pintle_offer_info_t &) { hit("offer_ended"); }

private:
    void hit(std::string_view callback) const {
        if (callback == where_) {
            throw std::runtime_error("thrown on purpose");
        }
    }

    void serve(pintle::socket socket) const {
        socket.attach();
        pintle::session::create(socket, {7});
    }

    std::string where_;
    bool submitted_ = false;
};

} // namespace

PINTLE_CPP_PLUGIN(thrower, thrower,
    PINTLE_TEXTS("org.test.thrower", "thrower", "1", "", "", "", "", "", "", "0x77"),
    PINTLE_FLAG_MULTI_INSTANCE | PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_METHOD(thrower, request_stop),
    PINTLE_METHOD(thrower, socket_created),
    PINTLE_METHOD(thrower, socket_listening),
    PINTLE_METHOD(thrower, socket_connecting),
    PINTLE_METHOD(thrower, socket_stopped),
    PINTLE_METHOD(thrower, socket_destroyed),
    PINTLE_METHOD(thrower, socket_attached),
    PINTLE_METHOD(thrower, socket_detached),
    PINTLE_METHOD(thrower, session_created),
    PINTLE_METHOD(thrower, session_destroyed),
    PINTLE_METHOD(thrower, message_in),
    PINTLE_METHOD(thrower, message_out),
    PINTLE_METHOD(thrower, session_send),
    PINTLE_METHOD(thrower, session_writable),
    PINTLE_METHOD(thrower, session_disconnect),
    PINTLE_METHOD(thrower, session_result),
    PINTLE_METHOD(thrower, session_get_rtt),
    PINTLE_METHOD(thrower, session_set_mode),
    PINTLE_METHOD(thrower, request),
    PINTLE_METHOD(thrower, slow_arrive),
    PINTLE_METHOD(thrower, slow_request),
    PINTLE_METHOD(thrower, request_done),
    PINTLE_METHOD(thrower, offer_published),
    PINTLE_METHOD(thrower, offer_ended))
