/* Every function of the host: what it answers to NULL, to lengths that cannot be, and to sizes that are too small. */
#include <pintle/host.h>

#include "check.h"

static void without_a_host(void) {
    uint32_t number = 0;
    uint64_t deadline = 0;
    size_t count = 0;
    int32_t descriptor = 0;
    pintle_plugin_t *plugin = NULL;
    pintle_session_t session;
    pintle_message_t message;
    pintle_instance_t instance = {0};
    pintle_limits_t limits = {sizeof limits};
    pintle_receipt_t receipt = {sizeof receipt};
    const pintle_callbacks_t callbacks = {sizeof callbacks};
    const pintle_entry_t entry = {sizeof entry, 0, NULL, NULL};

    IS(PINTLE_E_ARGUMENT, pintle_host_free(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_self(NULL, &plugin));
    IS(PINTLE_E_ARGUMENT, pintle_host_callbacks(NULL, &callbacks, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_limits(NULL, &limits));
    IS(PINTLE_E_ARGUMENT, pintle_host_adopt(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_log_sink(NULL, NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(NULL, "a", 1, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_add(NULL, &entry, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_unload(NULL, instance, 0, &receipt));
    IS(PINTLE_E_ARGUMENT, pintle_host_begin_unload(NULL, instance, 0));
    IS(PINTLE_E_ARGUMENT, pintle_host_receipt(NULL, instance, &receipt));
    IS(PINTLE_E_ARGUMENT, pintle_host_instances(NULL, &instance, 1, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_name(NULL, instance, NULL, 0, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_path(NULL, instance, NULL, 0, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_pollable(NULL, &descriptor));
    IS(PINTLE_E_ARGUMENT, pintle_host_next_deadline(NULL, &deadline));
    IS(PINTLE_E_ARGUMENT, pintle_host_wake(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_poll(NULL, 0));
    IS(PINTLE_E_ARGUMENT, pintle_host_run(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_stop(NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_take(NULL, &session, &number, &message));
}

static void what_needs_no_host(void) {
    uint32_t major = 0;
    uint32_t minor = 9;
    pintle_inspected_t *inspected;
    pintle_inspection_t inspection = {.size = sizeof inspection};
    pintle_text_t text;
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};

    OK(pintle_version(&major, &minor, &text));
    HOLDS(major == PINTLE_ABI_MAJOR && minor == PINTLE_ABI_MINOR && text.length >= 5);
    IS(PINTLE_E_ARGUMENT, pintle_version(NULL, &minor, &text));
    IS(PINTLE_E_ARGUMENT, pintle_version(&major, NULL, &text));
    IS(PINTLE_E_ARGUMENT, pintle_version(&major, &minor, NULL));

    OK(pintle_status_name(PINTLE_E_STALE, &text));
    HOLDS(text.length == 7 && memcmp(text.data, "E_STALE", 7) == 0);
    IS(PINTLE_E_ARGUMENT, pintle_status_name(PINTLE_OK, NULL));
    IS(PINTLE_E_NOT_FOUND, pintle_status_name(PINTLE_PLUGIN_FIRST, &text));
    IS(PINTLE_E_NOT_FOUND, pintle_status_name(-1, &text));
    OK(pintle_status_text(PINTLE_E_STALE, &text));
    HOLDS(text.length > 0);
    OK(pintle_status_text(INT32_MIN, &text));
    IS(PINTLE_E_ARGUMENT, pintle_status_text(PINTLE_OK, NULL));

    IS(PINTLE_E_ARGUMENT, pintle_inspect(NULL, 1, &inspected));
    IS(PINTLE_E_ARGUMENT, pintle_inspect("/", 0, &inspected));
    IS(PINTLE_E_ARGUMENT, pintle_inspect("/", SIZE_MAX, &inspected));
    IS(PINTLE_E_ARGUMENT, pintle_inspect("a\0b", 3, &inspected));
    IS(PINTLE_E_ARGUMENT, pintle_inspect("/", 1, NULL));
    OK(pintle_inspect("/", 1, &inspected));
    IS(PINTLE_E_ARGUMENT, pintle_inspected_read(NULL, &inspection));
    IS(PINTLE_E_ARGUMENT, pintle_inspected_read(inspected, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_inspected_account(NULL, PINTLE_INSPECT_TEXT, &text));
    IS(PINTLE_E_ARGUMENT, pintle_inspected_account(inspected, PINTLE_INSPECT_TEXT, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_inspected_account(inspected, 2, &text));
    OK(pintle_inspected_free(inspected));
    OK(pintle_inspected_free(NULL));

    OK(pintle_host_last_error(NULL, &error));
    HOLDS(error.code == PINTLE_E_ARGUMENT && error.length > 0);
    IS(PINTLE_E_ARGUMENT, pintle_host_last_error(NULL, NULL));
    error.size = sizeof error - 1;
    IS(PINTLE_E_ARGUMENT, pintle_host_last_error(NULL, &error));
    error.size = UINT32_MAX;
    OK(pintle_host_last_error(NULL, &error));
    HOLDS(error.size == sizeof error);

    OK(pintle_install_crash_handler());
    OK(pintle_install_crash_handler());
}

/* The words of the last call that failed. */
static void told(pintle_host_t *host, int32_t code, const char *text) {
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    OK(pintle_host_last_error(host, &error));
    IS(code, error.code);
    if (error.length != strlen(text) || memcmp(error.text, text, error.length) != 0) {
        fprintf(stderr, "%.*s\nis not\n%s\n", (int)error.length, (const char *)error.text, text);
        exit(1);
    }
}

static void hosts(void) {
    pintle_host_t *many[64];
    pintle_host_t *host = NULL;
    pintle_limits_t limits = {sizeof limits};

    IS(PINTLE_E_ARGUMENT, pintle_host_new(NULL, NULL));
    limits.size = sizeof limits - 4;
    IS(PINTLE_E_ARGUMENT, pintle_host_new(&limits, &host));
    told(NULL, PINTLE_E_ARGUMENT, "pintle_limits_t.size is 80 and must be 84 to 4096: set it to sizeof");
    limits.size = 4097;
    IS(PINTLE_E_ARGUMENT, pintle_host_new(&limits, &host));
    told(NULL, PINTLE_E_ARGUMENT, "pintle_limits_t.size is 4097 and must be 84 to 4096: set it to sizeof");
    limits.size = sizeof limits;
    limits.plugins = UINT32_MAX;
    IS(PINTLE_E_ARGUMENT, pintle_host_new(&limits, &host));
    HOLDS(host == NULL);

    /* One for every core of a large machine; the host's own tests fill all 1,023 places. */
    for (size_t index = 0; index < 64; index++) {
        OK(pintle_host_new(NULL, &many[index]));
    }
    for (size_t index = 0; index < 64; index++) {
        OK(pintle_host_free(many[index]));
    }
}

static void with_a_host(void) {
    pintle_host_t *host = NULL;
    pintle_instance_t instance = {0};
    pintle_plugin_t *plugin = NULL;
    pintle_session_t session;
    pintle_message_t message;
    uint32_t channel = 0;
    size_t count = 9;
    pintle_limits_t limits = {sizeof limits};
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    pintle_callbacks_t callbacks = {0};
    pintle_add_options_t options = {sizeof options, 0, {NULL, 0}, {NULL, 0}};
    const pintle_entry_t empty = {0, 0, NULL, NULL};
    const pintle_entry_t hollow = {sizeof hollow, 0, NULL, NULL};
    const pintle_instance_t none[] = {{0}, {UINT64_MAX}, {UINT64_C(0x1234567890)}};

    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_last_error(host, &error));
    HOLDS(error.code == PINTLE_OK && error.length == 0);

    IS(PINTLE_E_ARGUMENT, pintle_host_self(host, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_limits(host, NULL));
    limits.size = 4;
    IS(PINTLE_E_ARGUMENT, pintle_host_limits(host, &limits));
    told(host, PINTLE_E_ARGUMENT, "pintle_limits_t.size is 4 and must be 84 to 4096: set it to sizeof");
    limits.size = sizeof limits;
    OK(pintle_host_limits(host, &limits));
    HOLDS(limits.plugins == 32 && limits.workers == 2 && limits.inbox == 0);

    IS(PINTLE_E_ARGUMENT, pintle_host_callbacks(host, NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_callbacks(host, &callbacks, NULL));
    callbacks.size = sizeof callbacks;
    OK(pintle_host_callbacks(host, &callbacks, &callbacks));
    OK(pintle_host_self(host, &plugin));
    void *data = NULL;
    OK(pintle_data_get(plugin, &data));
    HOLDS(data == &callbacks);

    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, NULL, 1, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, NULL, 0, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "", 0, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "a", SIZE_MAX, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "a\0b", 3, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "a", 1, NULL, NULL));
    IS(PINTLE_E_NO_FILE, pintle_host_load(host, "no/such.so", 10, NULL, &instance));
    OK(pintle_host_last_error(host, &error));
    HOLDS(error.code == PINTLE_E_NO_FILE && error.length > 34 && memcmp(error.text + 23, "no/such.so", 10) == 0);
    IS(PINTLE_E_ARGUMENT, pintle_host_last_error(host, NULL));

    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, NULL, NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, &hollow, NULL, NULL));
    IS(PINTLE_E_NO_ENTRY, pintle_host_add(host, &empty, NULL, &instance));
    IS(PINTLE_E_NO_ENTRY, pintle_host_add(host, &hollow, NULL, &instance));
    options.size = 0;
    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, &hollow, &options, &instance));
    options.size = sizeof options - 1;
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "a", 1, &options, &instance));
    told(host, PINTLE_E_ARGUMENT,
         sizeof(void *) == 8 ? "pintle_add_options_t.size is 39 and must be 40 to 4096: set it to sizeof"
                             : "pintle_add_options_t.size is 23 and must be 24 to 4096: set it to sizeof");
    options.size = sizeof options;
    options.instance = (pintle_text_t){NULL, 1};
    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, &hollow, &options, &instance));
    options.instance = (pintle_text_t){"a", SIZE_MAX};
    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, &hollow, &options, &instance));
    options.instance = (pintle_text_t){NULL, 0};
    options.config = (pintle_text_t){"\xff", 1};
    IS(PINTLE_E_ARGUMENT, pintle_host_add(host, &hollow, &options, &instance));
    HOLDS(instance.bits == 0);

    for (size_t index = 0; index < sizeof none / sizeof none[0]; index++) {
        HOLDS(pintle_host_unload(host, none[index], 0, NULL) != PINTLE_OK);
        HOLDS(pintle_host_begin_unload(host, none[index], 0) != PINTLE_OK);
        HOLDS(pintle_host_receipt(host, none[index], &receipt) != PINTLE_OK);
        IS(PINTLE_E_STALE, pintle_host_name(host, none[index], NULL, 0, &count));
        IS(PINTLE_E_STALE, pintle_host_path(host, none[index], NULL, 0, &count));
    }
    IS(PINTLE_E_HANDLE, pintle_host_unload(host, none[0], 0, NULL));
    IS(PINTLE_E_HANDLE, pintle_host_unload(host, none[1], UINT64_MAX, NULL));
    receipt.size = 12;
    IS(PINTLE_E_ARGUMENT, pintle_host_unload(host, none[0], 0, &receipt));
    told(host, PINTLE_E_ARGUMENT, "pintle_receipt_t.size is 12 and must be 304 to 4096: set it to sizeof");
    receipt.size = sizeof receipt - 1;
    IS(PINTLE_E_ARGUMENT, pintle_host_receipt(host, none[0], &receipt));
    IS(PINTLE_E_ARGUMENT, pintle_host_receipt(host, none[0], NULL));

    IS(PINTLE_E_ARGUMENT, pintle_host_instances(host, NULL, 0, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_instances(host, NULL, 1, &count));
    IS(PINTLE_E_ARGUMENT, pintle_host_instances(host, &instance, SIZE_MAX, &count));
    OK(pintle_host_instances(host, NULL, 0, &count));
    HOLDS(count == 0);

    IS(PINTLE_E_ARGUMENT, pintle_host_pollable(host, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_next_deadline(host, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_take(host, NULL, &channel, &message));
    IS(PINTLE_E_ARGUMENT, pintle_host_take(host, &session, NULL, &message));
    IS(PINTLE_E_ARGUMENT, pintle_host_take(host, &session, &channel, NULL));
    IS(PINTLE_E_NOT_FOUND, pintle_host_take(host, &session, &channel, &message));

    OK(pintle_host_log_sink(host, NULL, NULL));
    OK(pintle_host_free(host));
}

int main(void) {
    without_a_host();
    what_needs_no_host();
    hosts();
    with_a_host();
    return 0;
}
