/*
 * A program on an operating system that embeds a host, as it is written with the headers of this edition. Its argument is
 * the file of the plugin.
 */
#include "application.h"

#define A_MINUTE UINT64_C(60000000000)

static pintle_host_t *host;

static void turn(void) {
    OK(pintle_host_poll(host, PINTLE_NEVER));
}

int main(int count, char **arguments) {
    const pintle_callbacks_t table = callbacks();
    pintle_limits_t limits;
    GUARDED(pintle_limits_t) in_force;
    pintle_add_options_t options;
    GUARDED(pintle_receipt_t) receipt;
    GUARDED(pintle_error_t) error;
    pintle_instance_t instance;
    char name[64];
    size_t length = 0;

    HOLDS(count == 2);
    memset(&limits, 0, sizeof limits);
    limits.size = sizeof limits;
    limits.sessions = 17;
    limits.workers = 1;
    OK(pintle_host_new(&limits, &host));
    OK(pintle_host_self(host, &zero));
    OK(pintle_host_log_sink(host, on_log, NULL));
    OK(pintle_host_callbacks(host, &table, NULL));
    PREPARE(in_force);
    OK(pintle_host_limits(host, &in_force.filled));
    IS_INTACT(in_force);
    HOLDS(PINTLE_HAS(&in_force.filled, pintle_limits_t, depth));
    limits = in_force.filled;
    HOLDS(limits.plugins == 32 && limits.sockets == 16 && limits.sessions == 17 && limits.channels == 8);
    HOLDS(limits.message_bytes == 2048 && limits.large_message_bytes == 65536 && limits.timers == 256);
    HOLDS(limits.inbox == 0 && limits.workers == 1 && limits.depth == 32);

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.priority = 3;
    options.instance.data = "frozen";
    options.instance.length = 6;
    options.config.data = "greeting=hi";
    options.config.length = 11;
    HOLDS(pintle_host_load(host, "none.so", 7, &options, &instance) == PINTLE_E_NO_FILE);
    PREPARE(error);
    OK(pintle_host_last_error(host, &error.filled));
    IS_INTACT(error);
    HOLDS(error.filled.code == PINTLE_E_NO_FILE && error.filled.length > 0);
    HOLDS(PINTLE_HAS(&error.filled, pintle_error_t, text));
    OK(pintle_host_load(host, arguments[1], strlen(arguments[1]), &options, &instance));
    OK(pintle_host_name(host, instance, name, sizeof name, &length));
    HOLDS(length == 6 && memcmp(name, "frozen", 6) == 0);

    steps();
    PREPARE(receipt);
    OK(pintle_host_unload(host, instance, A_MINUTE, &receipt.filled));
    IS_INTACT(receipt);
    tell(&receipt.filled);
    HOLDS(receipt.filled.image == PINTLE_IMAGE_UNMAPPED);
    OK(pintle_host_free(host));
    return 0;
}
