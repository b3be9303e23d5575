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
    pintle_limits_t in_force;
    pintle_add_options_t options;
    pintle_receipt_t receipt;
    pintle_error_t error;
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
    memset(&in_force, 0, sizeof in_force);
    in_force.size = sizeof in_force;
    OK(pintle_host_limits(host, &in_force));
    HOLDS(PINTLE_HAS(&in_force, pintle_limits_t, depth));
    HOLDS(in_force.plugins == 32 && in_force.sockets == 16 && in_force.sessions == 17 && in_force.channels == 8);
    HOLDS(in_force.message_bytes == 2048 && in_force.large_message_bytes == 65536 && in_force.timers == 256);
    HOLDS(in_force.inbox == 0 && in_force.workers == 1 && in_force.depth == 32);

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.priority = 3;
    options.instance.data = "frozen";
    options.instance.length = 6;
    options.config.data = "greeting=hi";
    options.config.length = 11;
    HOLDS(pintle_host_load(host, "none.so", 7, &options, &instance) == PINTLE_E_NO_FILE);
    memset(&error, 0, sizeof error);
    error.size = sizeof error;
    OK(pintle_host_last_error(host, &error));
    HOLDS(error.code == PINTLE_E_NO_FILE && error.length > 0 && PINTLE_HAS(&error, pintle_error_t, text));
    OK(pintle_host_load(host, arguments[1], strlen(arguments[1]), &options, &instance));
    OK(pintle_host_name(host, instance, name, sizeof name, &length));
    HOLDS(length == 6 && memcmp(name, "frozen", 6) == 0);

    steps();
    memset(&receipt, 0, sizeof receipt);
    receipt.size = sizeof receipt;
    OK(pintle_host_unload(host, instance, A_MINUTE, &receipt));
    tell(&receipt);
    HOLDS(receipt.image == PINTLE_IMAGE_UNMAPPED);
    OK(pintle_host_free(host));
    return 0;
}
