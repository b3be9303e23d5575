/* A plugin whose stack overflows, on the kernel thread or on a worker: the last words name it. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(call) do { int32_t status_ = (call); \
    if (status_ != PINTLE_OK) { fprintf(stderr, "%s: %d\n", #call, (int)status_); exit(1); } } while (0)

static int deeper(volatile int level) {
    volatile char room[4096];
    room[0] = (char)level;
    return level < 0 ? 0 : deeper(level + 1) + room[0];
}

static int32_t overflow(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    return deeper(0);
}

static int32_t message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)info;
    return overflow(plugin, NULL, info->message);
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    pintle_message_t none = {0};
    return args->config.length == 0 ? PINTLE_OK : pintle_executor_submit_worker(plugin, overflow, NULL, none);
}

PINTLE_PLUGIN(deep, PINTLE_TEXTS("org.test.deep", "deep", "1.0.0", "", "", "", "", "", "", ""), 0,
    PINTLE_ON(create, create), PINTLE_ON(message_in, message_in))

int main(int count, char **arguments) {
    const int on_worker = count == 2 && strcmp(arguments[1], "worker") == 0;
    const pintle_text_t config = {"worker", on_worker ? 6 : 0};
    const pintle_add_options_t options = {.size = sizeof options, .config = config};
    pintle_host_t *host;
    pintle_plugin_t *self;
    pintle_instance_t instance;
    OK(pintle_install_crash_handler());
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &self));
    OK(pintle_host_add(host, &pintle_entry_deep, &options, &instance));
    if (on_worker) {
        OK(pintle_host_run(host));
    }
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_message_t message;
    OK(pintle_socket_open(self, &mode, 1, &socket));
    OK(pintle_session_create(self, socket, NULL, &session));
    OK(pintle_message_acquire(self, 1, &message));
    OK(pintle_session_receive(self, session, 0, message));
    return 1;
}
