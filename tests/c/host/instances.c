/* Plugins that are linked in: added as a list, looked at, and ended with the host. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include "check.h"

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)plugin;
    (void)args;
    return PINTLE_OK;
}

/* The second one never says that it has stopped. */
static int32_t request_stop(pintle_plugin_t *plugin, const pintle_stop_t *stop) {
    (void)plugin;
    (void)stop;
    return PINTLE_PENDING;
}

static int32_t panics(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)plugin;
    (void)info;
    return PINTLE_E_PANIC;
}

static int32_t refuses(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)plugin;
    (void)args;
    return PINTLE_PLUGIN_FIRST;
}

#define TEXTS(id, version) PINTLE_TEXTS(id, id, version, "", "", "", "", "", "", "")

PINTLE_PLUGIN(first, TEXTS("org.test.first", "1.2.3"), PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create),
    PINTLE_ON(message_in, panics))
PINTLE_PLUGIN(second, TEXTS("org.test.second", "4"), 0, PINTLE_ON(request_stop, request_stop))
PINTLE_PLUGIN(third, TEXTS("org.test.third", "5"), 0, PINTLE_ON(create, refuses))

static int same(pintle_text_t text, const char *expected) {
    return text.length == strlen(expected) && memcmp(text.data, expected, text.length) == 0;
}

static pintle_instance_info_t look(pintle_host_t *host, pintle_instance_t instance) {
    pintle_instance_info_t info = {.size = sizeof info};
    OK(pintle_host_instance(host, instance, &info));
    HOLDS(info.instance.bits == instance.bits);
    return info;
}

static void lists(pintle_host_t *host, pintle_instance_t added[2]) {
    const pintle_entry_t *const plugins[] = {PINTLE_ENTRY(first), PINTLE_ENTRY(second), PINTLE_ENTRY(third)};
    const pintle_entry_t *const hole[] = {NULL};
    pintle_instance_t handles[3] = {{0}, {0}, {0}};
    size_t count = 9;
    IS(PINTLE_E_ARGUMENT, pintle_host_add_all(NULL, plugins, 2, handles, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_add_all(host, plugins, 2, handles, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_add_all(host, NULL, 1, handles, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_add_all(host, hole, 1, NULL, &count));
    OK(pintle_host_add_all(host, NULL, 0, NULL, &count));
    HOLDS(count == 0);
    /* The third refuses; the two before it live. */
    IS(PINTLE_PLUGIN_FIRST, pintle_host_add_all(host, plugins, 3, handles, &count));
    HOLDS(count == 2 && handles[2].bits == 0);
    added[0] = handles[0];
    added[1] = handles[1];
}

static void tells(pintle_host_t *host, pintle_plugin_t *self, const pintle_instance_t added[2]) {
    const pintle_add_options_t options = {.size = sizeof options, .priority = -7, .instance = {"named", 5}};
    pintle_instance_info_t info = look(host, added[0]);
    pintle_instance_t named = {0};
    pintle_session_t session;
    pintle_socket_t socket;
    pintle_message_t message;
    const uint32_t mode = PINTLE_MODE_RELIABLE;

    HOLDS(info.size == sizeof info && info.state == PINTLE_INSTANCE_RUNNING && info.priority == 0);
    HOLDS((info.flags & PINTLE_FLAG_MULTI_INSTANCE) != 0 && info.path.length == 0);
    HOLDS(same(info.name, "org.test.first") && same(info.id, "org.test.first") && same(info.version, "1.2.3"));

    OK(pintle_host_add(host, &pintle_entry_first, &options, &named));
    info = look(host, named);
    HOLDS(info.priority == -7 && same(info.name, "named") && same(info.id, "org.test.first"));
    OK(pintle_socket_open(self, &mode, 1, &socket));
    OK(pintle_session_create(self, socket, NULL, &session));
    OK(pintle_message_acquire(self, 1, &message));
    (void)pintle_session_receive(self, session, 0, message);
    HOLDS(look(host, named).state == PINTLE_INSTANCE_POISONED);

    OK(pintle_host_unload(host, named, 0, NULL));
    info = look(host, named);
    HOLDS(info.state == PINTLE_INSTANCE_ENDED && info.name.length == 0);
    /* Another one takes its place, and its receipt is still kept. */
    OK(pintle_host_add(host, &pintle_entry_first, &options, &named));
    HOLDS(look(host, named).state == PINTLE_INSTANCE_RUNNING);
    OK(pintle_host_unload(host, named, 0, NULL));

    OK(pintle_host_begin_unload(host, added[1], PINTLE_NEVER));
    HOLDS(look(host, added[1]).state == PINTLE_INSTANCE_STOPPING);

    info.size = 4;
    IS(PINTLE_E_ARGUMENT, pintle_host_instance(host, added[0], &info));
    IS(PINTLE_E_ARGUMENT, pintle_host_instance(host, added[0], NULL));
    info.size = sizeof info;
    IS(PINTLE_E_HANDLE, pintle_host_instance(host, (pintle_instance_t){0}, &info));
}

struct ends {
    pintle_host_t *host;
    int count;
    uint32_t outcomes[4];
    char names[4][64];
};

static void ended(void *context, const char *name, size_t name_length, const pintle_receipt_t *receipt) {
    struct ends *ends = (struct ends *)context;
    HOLDS(ends->count < 4 && name_length < 64 && receipt->size == sizeof *receipt);
    memcpy(ends->names[ends->count], name, name_length);
    ends->outcomes[ends->count++] = receipt->outcome;
    IS(PINTLE_E_CLOSED, pintle_host_poll(ends->host, 0));
}

int main(void) {
    struct ends ends = {0};
    pintle_host_t *host = NULL;
    pintle_plugin_t *self = NULL;
    pintle_instance_t added[2];
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &self));
    lists(host, added);
    tells(host, self, added);
    ends.host = host;
    IS(PINTLE_E_ARGUMENT, pintle_host_close(NULL, 0, ended, &ends));
    OK(pintle_host_close(host, 1000000, ended, &ends));
    /* The last loaded first. */
    HOLDS(ends.count == 2);
    HOLDS(strcmp(ends.names[0], "org.test.second") == 0 && ends.outcomes[0] == PINTLE_OUTCOME_FORCED);
    HOLDS(strcmp(ends.names[1], "org.test.first") == 0 && ends.outcomes[1] == PINTLE_OUTCOME_STOPPED);
    IS(PINTLE_E_CLOSED, pintle_host_close(host, 0, NULL, NULL));
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_close(host, 0, NULL, NULL));
    return 0;
}
