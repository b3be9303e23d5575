/* A dialogue over the serial line: each peer is sent what it sent, until a peer ends the dialogue. */
#include "../plugins/serial.h"

#include "firmware.h"
#include "plugins.h"
#include "tell.h"

static bool over;

static bool is(pintle_bytes_t said, const char *word) {
    return said.length == strlen(word) && memcmp(said.data, word, said.length) == 0;
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    pintle_bytes_t said;
    if (info->channel == PINTLE_CHANNEL_SERVICE) {
        return PINTLE_OK;
    }
    const int32_t status = pintle_message_view(plugin, info->message, &said);
    if (status == PINTLE_OK && is(said, "LEAVE")) {
        return pintle_session_disconnect(plugin, info->session);
    }
    over = over || (status == PINTLE_OK && is(said, "END"));
    return status == PINTLE_OK ? pintle_session_send(plugin, info->session, info->channel, info->message) : status;
}

void dialogue(void) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_core_t *core = NULL;
    pintle_plugin_t *zero = NULL;
    pintle_callbacks_t callbacks = {sizeof(pintle_callbacks_t)};
    pintle_add_options_t options = {sizeof(pintle_add_options_t)};
    pintle_instance_t added[4];
    pintle_receipt_t receipt;
    pintle_socket_t socket;
    callbacks.message_in = message_in;
    options.config.data = "channels=0";
    options.config.length = strlen(options.config.data);
    puts("dialogue");
    tell("start", firmware_start(&firmware_limits, tell_log, &core, &zero));
    tell("callbacks", pintle_core_callbacks(core, &callbacks, NULL));
    tell("serial", pintle_core_add(core, &pintle_entry_serial, NULL, &added[0]));
    tell("stats", pintle_core_add(core, &pintle_entry_stats, NULL, &added[1]));
    tell("echo", pintle_core_add(core, &pintle_entry_echo, NULL, &added[2]));
    tell("shout", pintle_core_add(core, &pintle_entry_shout, &options, &added[3]));
    tell("socket", pintle_socket_open(zero, &mode, 1, &socket));
    tell("listen", pintle_socket_listen(zero, socket, SERIAL_ADDRESS, strlen(SERIAL_ADDRESS)));
    /* Bytes that came while the last ones were taken have posted a task, which has nothing left to do. */
    for (uint64_t deadline = 0; !over || deadline == 0; pintle_core_next_deadline(core, &deadline)) {
        firmware_turn(core);
    }
    tell("close", pintle_socket_close(zero, socket));
    for (size_t at = 0; at < 4; at++) {
        tell("unload", firmware_unload(core, added[at], &receipt));
        tell_receipt("receipt", &receipt);
    }
}
