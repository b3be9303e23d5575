/* A transport: the sessions of those who are at the other end of the board's serial line. See serial.h. */
#include "serial.h"

#include <pintle/plugin.h>

#include "../board/board.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PEERS 8
#define ECHO UINT32_C(0x10000001)
/** A power of two. */
#define ROOM 128

static pintle_plugin_t *line;
static pintle_socket_t served;
static pintle_session_t sessions[PEERS];

/* Bytes on their way from the interrupt handler, which moves `filled`, to the kernel thread, which moves `taken`. */
static uint8_t bytes[ROOM];
static volatile uint32_t filled;
static volatile uint32_t taken;
static volatile bool posted;

/* Out. */

static void write_frame(unsigned peer, char kind, const void *payload, size_t length) {
    const uint8_t head[] = {(uint8_t)('0' + peer), (uint8_t)kind};
    board_line_write(head, sizeof head);
    board_line_write((const uint8_t *)payload, length);
    board_line_write((const uint8_t *)"\n", 1);
}

static void write_status(unsigned peer, int32_t status) {
    char text[12];
    write_frame(peer, '!', text, (size_t)snprintf(text, sizeof text, "%d", (int)status));
}

static unsigned peer_of(pintle_plugin_t *plugin, pintle_session_t session) {
    void *data = NULL;
    pintle_session_data(plugin, session, &data);
    return (unsigned)(uintptr_t)data;
}

static int32_t write_message(pintle_plugin_t *plugin, pintle_session_t session, char kind, pintle_message_t message) {
    pintle_bytes_t payload;
    const int32_t status = pintle_message_view(plugin, message, &payload);
    if (status == PINTLE_OK) {
        write_frame(peer_of(plugin, session), kind, payload.data, payload.length);
    }
    return status;
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                            pintle_message_t message) {
    (void)channel;
    return write_message(plugin, session, 'm', message);
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    switch (info->kind) {
    case PINTLE_RESULT_RESULT:
        return write_message(plugin, info->session, 'r', info->message);
    case PINTLE_RESULT_EXCEPTION:
        return write_message(plugin, info->session, 'x', info->message);
    default:
        write_frame(peer_of(plugin, info->session), 'd', NULL, 0);
        return PINTLE_OK;
    }
}

static int32_t session_disconnect(pintle_plugin_t *plugin, pintle_session_t session) {
    return pintle_session_destroy(plugin, session);
}

static int32_t session_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    const unsigned peer = (unsigned)(uintptr_t)data;
    (void)plugin;
    if (sessions[peer].bits == session.bits) {
        sessions[peer].bits = 0;
        write_frame(peer, 'b', NULL, 0);
    }
    return PINTLE_OK;
}

/* In. */

static int32_t session_of(pintle_plugin_t *plugin, unsigned peer) {
    if (sessions[peer].bits != 0) {
        return PINTLE_OK;
    }
    pintle_session_options_t options = {sizeof(pintle_session_options_t)};
    options.client_id = peer;
    options.data = (void *)(uintptr_t)peer;
    return pintle_session_create(plugin, served, &options, &sessions[peer]);
}

static int32_t ask(pintle_plugin_t *plugin, pintle_session_t session, uint32_t id, pintle_message_t message) {
    const pintle_request_options_t options = {sizeof options, ECHO, id, 0, 0, message};
    return pintle_session_request(plugin, session, &options);
}

static int32_t pass_on(pintle_plugin_t *plugin, pintle_session_t session, char kind, pintle_message_t message) {
    switch (kind) {
    case 'm':
        return pintle_session_receive(plugin, session, 0, message);
    case 'f':
        return ask(plugin, session, 1, message);
    case 's':
        return ask(plugin, session, 2, message);
    case 'x':
        return ask(plugin, session, 3, message);
    default:
        return PINTLE_E_ARGUMENT;
    }
}

static int32_t receive(pintle_plugin_t *plugin, unsigned peer, char kind, const uint8_t *payload, size_t length) {
    pintle_message_t message;
    int32_t status = session_of(plugin, peer);
    if (status == PINTLE_OK && kind == 'b') {
        return pintle_session_destroy(plugin, sessions[peer]);
    }
    if (status == PINTLE_OK) {
        status = pintle_message_acquire(plugin, length, &message);
    }
    if (status != PINTLE_OK) {
        return status;
    }
    status = pintle_message_write(plugin, message, payload, length);
    if (status == PINTLE_OK) {
        status = pass_on(plugin, sessions[peer], kind, message);
    }
    /* Released here and not at the end of the task, because many frames can come in one task, and messages are few. A message
     * that was handed over is not held. */
    pintle_message_release(plugin, message);
    return status;
}

/** Takes the bytes that have come. */
static int32_t take(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    static uint8_t frame[SERIAL_FRAME_MAX];
    static size_t length;
    (void)data;
    (void)message;
    posted = false;
    while (taken != filled) {
        const uint8_t byte = bytes[taken % ROOM];
        taken = taken + 1;
        if (byte != '\n') {
            frame[length] = byte;
            length += length < sizeof frame - 1;
            continue;
        }
        const unsigned peer = length >= 2 ? frame[0] - (unsigned)'0' : PEERS;
        const int32_t status =
            peer < PEERS ? receive(plugin, peer, (char)frame[1], frame + 2, length - 2) : PINTLE_E_ARGUMENT;
        length = 0;
        /* It is no error of the peer's that the session ended meanwhile. */
        if (status != PINTLE_OK && status != PINTLE_E_STALE) {
            write_status(peer < PEERS ? peer : 0, status);
        }
    }
    return PINTLE_OK;
}

/** In an interrupt: keeps a byte, and posts one task for all that come until it runs. */
static void on_byte(uint8_t byte) {
    const pintle_message_t none = {0};
    if (filled - taken < ROOM) {
        bytes[filled % ROOM] = byte;
        filled = filled + 1;
    }
    if (!posted) {
        posted = pintle_executor_submit(line, take, NULL, none) == PINTLE_OK;
    }
}

static int32_t socket_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    if (length != sizeof SERIAL_ADDRESS - 1 || memcmp(address, SERIAL_ADDRESS, length) != 0) {
        return PINTLE_OK;
    }
    const int32_t status = pintle_socket_attach(plugin, socket, NULL, 0);
    if (status == PINTLE_OK) {
        line = plugin;
        served = socket;
        board_line_open(on_byte);
    }
    return status;
}

static int32_t destroy(pintle_plugin_t *plugin) {
    (void)plugin;
    board_line_open(NULL);
    return PINTLE_OK;
}

PINTLE_PLUGIN(serial,
    PINTLE_TEXTS("org.pintle.serial", "serial", "0.1.0", "Pintle", "Sessions over the serial line of a board",
        "MIT OR Apache-2.0", "", "", "", ""),
    0,
    PINTLE_ON(destroy, destroy),
    PINTLE_ON(socket_listening, socket_listening),
    PINTLE_ON(session_send, session_send),
    PINTLE_ON(session_result, session_result),
    PINTLE_ON(session_disconnect, session_disconnect),
    PINTLE_ON(session_destroyed, session_destroyed))
