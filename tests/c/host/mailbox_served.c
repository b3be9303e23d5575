/* A server that fetches: it tells its address, counts the messages of its peers, answers "how many?" with their number,
 * and ends when its peer has gone. Its arguments are the files of websocket and echo. */
#include <pintle/host.h>

#include "check.h"

#define BATCH 8

static pintle_host_t *host;
static pintle_plugin_t *zero;

static void answer(const pintle_event_t *event, uint32_t count) {
    char text[16];
    pintle_message_t message;
    const size_t length = (size_t)snprintf(text, sizeof text, "%" PRIu32, count);
    OK(pintle_message_acquire(zero, length, &message));
    OK(pintle_message_write(zero, message, (const uint8_t *)text, length));
    OK(pintle_session_send(zero, event->session, event->channel, message));
    OK(pintle_message_release(zero, message));
}

static void serve(void) {
    pintle_event_t events[BATCH];
    uint32_t messages = 0;
    size_t count = 0;
    for (;;) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
        OK(pintle_mailbox_fetch(host, events, sizeof events[0], BATCH, &count));
        for (size_t at = 0; at < count; at++) {
            pintle_bytes_t bytes;
            switch (events[at].kind) {
            case PINTLE_EVENT_MESSAGE_IN:
                OK(pintle_message_view(zero, events[at].message, &bytes));
                if (bytes.length == 9 && memcmp(bytes.data, "how many?", 9) == 0) {
                    answer(&events[at], messages);
                } else {
                    messages++;
                }
                OK(pintle_message_release(zero, events[at].message));
                break;
            case PINTLE_EVENT_SESSION_DESTROYED:
                return;
            default:
                HOLDS(events[at].message.bits == 0);
            }
        }
    }
}

int main(int count, char **arguments) {
    static const char address[] = "ws://127.0.0.1:0/";
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_instance_t instance;
    pintle_socket_t socket;
    pintle_text_t served = {NULL, 0};
    HOLDS(count == 3);
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    OK(pintle_mailbox_open(host, NULL));
    for (int at = 1; at < count; at++) {
        OK(pintle_host_load(host, arguments[at], strlen(arguments[at]), NULL, &instance));
    }
    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_socket_listen(zero, socket, address, sizeof address - 1));
    OK(pintle_socket_address(zero, socket, &served));
    printf("%.*s\n", (int)served.length, served.data);
    fflush(stdout);
    serve();
    OK(pintle_host_free(host));
    return 0;
}
