// Every callback and every call of pintle.hpp, compiled with and without exceptions.

#include <pintle/pintle.hpp>

namespace {

#ifdef __cpp_exceptions
template <typename T>
T &value(T &result) {
    return result;
}
#else
template <typename T>
T &value(pintle::result<T> &result) {
    return result.value;
}
#endif

class everything : public pintle::plugin {
public:
    everything(pintle::plugin self, const pintle::create_args &args, int32_t &status) : plugin(self) {
        log(pintle::level::debug, args.instance, "everything");
        status = args.abi_minor <= args.host_minor ? PINTLE_OK : fail(PINTLE_E_VERSION, "a host from the past");
    }

    int32_t request_stop(const pintle_stop_t &) { return PINTLE_PENDING; }
    void socket_created(pintle::socket socket) { (void)sockets(socket); }
    int32_t socket_listening(pintle::socket, std::string_view address) { return address.empty() ? PINTLE_OK : PINTLE_CONSUMED; }
    pintle::result<void> socket_connecting(pintle::socket socket, std::string_view, pintle::bytes token) {
        return token.empty() ? socket.stop() : socket.close();
    }
    void socket_stopped(pintle::socket) {}
    void socket_destroyed(pintle::socket) {}
    void socket_attached(pintle::socket, std::string_view) {}
    void socket_detached(pintle::socket) {}
    void session_created(pintle::session session) { sessions(session); }
    void session_destroyed(pintle::session, void *) {}
    int32_t message_in(const pintle::message_info &info, pintle::message &message) {
        (void)info.session.try_send(info.channel + info.service + info.id + info.flags, message);
        (void)(info.kind == PINTLE_TRAFFIC_RESULT && info.correlation == 1 && info.request.is_cancelled());
        (void)message.edit();
        messages(message);
        return PINTLE_CONSUMED;
    }
    pintle::result<void> message_out(const pintle::message_info &, const pintle::message &) { return later(); }
    void session_send(pintle::session, uint32_t, pintle::message &) {}
    void session_writable(pintle::session) {}
    void session_disconnect(pintle::session session) { (void)session.destroy(); }
    void session_result(const pintle::result_info &info, pintle::message &) {
        const bool ended = info.kind == PINTLE_RESULT_DONE && info.code == PINTLE_OK && info.flags == 0;
        if (ended) {
            (void)info.session.cancel(info.correlation + info.request.handle().bits);
        }
    }
    void session_get_rtt(pintle::session, pintle::round_trip &rtt) { rtt = {1, 2}; }
    void session_set_mode(pintle::session, uint32_t, uint32_t) {}
    int32_t request(pintle::request request, const pintle_request_info_t &info, pintle::message &payload) {
        if (request.is_cancelled() || info.flags == PINTLE_REQUEST_SLOW) {
            (void)request.exception(PINTLE_PLUGIN_FIRST, "no");
        }
        (void)request.result(payload);
        (void)request.done();
        return request.handle().bits == 0 ? PINTLE_OK : PINTLE_PENDING;
    }
    void slow_arrive(pintle::request request, const pintle_request_info_t &, pintle::message &) {
        (void)request.drop_current();
    }
    void slow_request(pintle::request request, const pintle_request_info_t &, pintle::message &payload) {
        auto copy = payload.copy();
        (void)request.result(std::move(value(copy)));
    }
    void request_done(pintle::request, const pintle_request_info_t &, int32_t) {}
    void offer_published(const pintle_offer_info_t &) {}
    void offer_ended(const pintle_offer_info_t &) {}

    void task(void *, pintle::message &) {}
    int32_t timer(void *, pintle_timer_t) { return PINTLE_OK; }
    void watch_ready(void *, pintle_watch_t, uint32_t) {}

private:
    bool sockets(pintle::socket socket) const {
        auto opened = open({PINTLE_MODE_RELIABLE});
        (void)socket.listen("ws://127.0.0.1:0");
        (void)socket.connect("ws://127.0.0.1:1", "token");
        (void)socket.attach();
        (void)socket.detach();
        (void)socket.channel_count();
        (void)socket.channel_mode(0);
        (void)socket.time();
        (void)socket.address();
        (void)socket.state();
        return value(opened) == socket || value(opened) != pintle::socket();
    }

    void sessions(pintle::session session) const {
        auto socket = session.socket();
        auto created = pintle::session::create(value(socket), {1});
        auto message = make("content");
        (void)session.receive(0, value(message));
        (void)session.try_receive(0, value(message));
        (void)session.send(0, value(message));
        (void)session.try_request({1, 1, 1}, value(message));
        (void)session.request({1, 1, 1}, std::move(value(message)));
        (void)session.cancel(1);
        (void)session.suspend();
        (void)session.resume();
        (void)session.disconnect();
        (void)session.set_data(nullptr);
        (void)session.data<int>();
        (void)session.client_id();
        (void)session.address();
        (void)session.user();
        (void)session.protocol();
        (void)session.rtt();
        (void)session.channel_mode(0);
        (void)session.set_channel_mode(0, PINTLE_MODE_RELIABLE);
        (void)(session == value(created) && session != pintle::session() && session.handle().bits != 0);
    }

    void messages(pintle::message &message) {
        uint8_t bytes[4] = {};
        auto acquired = acquire(16);
        (void)value(acquired).write(pintle::bytes(bytes, sizeof bytes));
        (void)value(acquired).read(pintle::buffer(bytes, sizeof bytes));
        (void)value(acquired).rewind();
        (void)value(acquired).reserve(4);
        (void)value(acquired).commit(4);
        (void)value(acquired).clear();
        auto length = message.length();
        auto shown = message.view();
        auto written = message.view_mut();
        for (uint8_t &byte : value(written)) {
            byte = value(shown).empty() ? value(shown)[0] : value(written)[value(length) - 1];
        }
        pintle::mutable_view moved = std::move(value(written));
        moved = pintle::mutable_view();
        (void)(moved.empty() && moved.size() == 0 && moved.data() == moved.end());
        auto kept = message.keep();
        kept_ = std::move(value(kept));
        (void)(static_cast<bool>(kept_) && value(shown).text().empty());
    }

    struct table {
        uint32_t size;
        uint32_t reserved;
        int32_t (*add)(pintle_plugin_t *publisher, int32_t value);
    };

    int32_t add(int32_t value) { return value == 0 ? PINTLE_OK : PINTLE_E_ARGUMENT; }

    void offers() const {
        static const table own = {sizeof(table), 0, pintle::offered<&everything::add>::call};
        auto published = publish("org.test.table/1", own);
        auto found = find<table>("org.test.table/1");
        (void)value(found).call(&table::add, 1);
        (void)withdraw(value(published));
        (void)(value(found).handle().bits == pintle::offer<table>().handle().bits);
    }

    pintle::result<void> later() {
        offers();
        (void)submit<&everything::task>();
        (void)submit_worker<&everything::task>(this, std::move(kept_));
        auto started = start_timer<&everything::timer>(1, 2, this);
        (void)cancel_timer(value(started));
        auto io = extension<pintle_io_api_t>(PINTLE_IO_ID);
        (void)watch<&everything::watch_ready>(value(io), 0, PINTLE_IO_READABLE);
        (void)declare(1, {2, 3});
        (void)shutdown();
        (void)startup();
        return stopped();
    }

    pintle::message kept_;
};

} // namespace

PINTLE_CPP_PLUGIN(everything, everything,
    PINTLE_TEXTS("org.test.everything", "everything", "1", "", "", "", "", "pintle.io/1", "", "1"),
    PINTLE_FLAG_OPENS_SOCKETS,
    PINTLE_METHOD(everything, request_stop),
    PINTLE_METHOD(everything, socket_created),
    PINTLE_METHOD(everything, socket_listening),
    PINTLE_METHOD(everything, socket_connecting),
    PINTLE_METHOD(everything, socket_stopped),
    PINTLE_METHOD(everything, socket_destroyed),
    PINTLE_METHOD(everything, socket_attached),
    PINTLE_METHOD(everything, socket_detached),
    PINTLE_METHOD(everything, session_created),
    PINTLE_METHOD(everything, session_destroyed),
    PINTLE_METHOD(everything, message_in),
    PINTLE_METHOD(everything, message_out),
    PINTLE_METHOD(everything, session_send),
    PINTLE_METHOD(everything, session_writable),
    PINTLE_METHOD(everything, session_disconnect),
    PINTLE_METHOD(everything, session_result),
    PINTLE_METHOD(everything, session_get_rtt),
    PINTLE_METHOD(everything, session_set_mode),
    PINTLE_METHOD(everything, request),
    PINTLE_METHOD(everything, slow_arrive),
    PINTLE_METHOD(everything, slow_request),
    PINTLE_METHOD(everything, request_done),
    PINTLE_METHOD(everything, offer_published),
    PINTLE_METHOD(everything, offer_ended))
