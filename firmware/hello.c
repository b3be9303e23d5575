/* The smallest firmware: a kernel, a plugin in C, one in Rust, and a slow request. */
#include <pintle/host.h>

#include "board/board.h"

#include <string.h>

PINTLE_DECLARE(stats);
PINTLE_DECLARE(echo);

#define ECHO UINT32_C(0x10000001)
#define SLOW 2

/* Two plugins and a session, four messages of 64 bytes, no workers: slow requests run in turns. */
#define LIMITS 2, 1, 1, 1, 1, 1, 1, 4, 64, 1, 64, 1, 1, 1, 1, 1, PINTLE_NO_INBOX, PINTLE_NO_WORKERS, 4, 1

static const pintle_limits_t limits = {sizeof(pintle_limits_t), LIMITS};
static _Alignas(64) unsigned char region[PINTLE_REGION_SIZE(LIMITS)];

static void write_line(void *context, uint32_t level, const char *instance, size_t instance_length,
                       const char *target, size_t target_length, const char *text, size_t text_length) {
    (void)context, (void)level, (void)instance, (void)instance_length, (void)target, (void)target_length;
    board_write(text, text_length);
    board_write("\n", 1);
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    pintle_bytes_t bytes;
    if (info->kind == PINTLE_RESULT_RESULT && pintle_message_view(plugin, info->message, &bytes) == PINTLE_OK) {
        board_write((const char *)bytes.data, bytes.length);
    }
    return PINTLE_OK;
}

int main(void) {
    static const char text[] = "hello, world\n";
    const pintle_platform_t platform = {
        .size = sizeof platform, .now = board_now, .lock = board_lock, .unlock = board_unlock, .log = write_line};
    const pintle_callbacks_t callbacks = {.size = sizeof callbacks, .session_result = session_result};
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_core_t *core;
    pintle_plugin_t *zero;
    pintle_instance_t stats;
    pintle_instance_t echo;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_request_options_t request = {.size = sizeof request, .service = ECHO, .id = SLOW};
    uint64_t deadline;

    if (pintle_core_start(region, sizeof region, &limits, &platform, 1, &core) != PINTLE_OK ||
        pintle_core_self(core, &zero) != PINTLE_OK ||
        pintle_core_callbacks(core, &callbacks, NULL) != PINTLE_OK ||
        pintle_core_add(core, &pintle_entry_stats, NULL, &stats) != PINTLE_OK ||
        pintle_core_add(core, &pintle_entry_echo, NULL, &echo) != PINTLE_OK ||
        pintle_socket_open(zero, &mode, 1, &socket) != PINTLE_OK ||
        pintle_session_create(zero, socket, NULL, &session) != PINTLE_OK ||
        pintle_message_acquire(zero, strlen(text), &request.message) != PINTLE_OK ||
        pintle_message_write(zero, request.message, (const uint8_t *)text, strlen(text)) != PINTLE_OK ||
        pintle_session_request(zero, session, &request) != PINTLE_OK) {
        return 1;
    }
    while (pintle_core_next_deadline(core, &deadline) == PINTLE_OK && deadline != PINTLE_NEVER) {
        if (deadline > board_now(NULL)) {
            board_wait();
        }
        pintle_core_turn(core);
    }
    return pintle_core_unload(core, stats, 0);
}
