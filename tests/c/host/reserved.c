/* Interfaces that are reserved: nobody has them yet, and whoever asks is told so by name. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include "check.h"

static const char *const reserved[] = {PINTLE_TABLE_ID, PINTLE_EVENT_ID, PINTLE_HOOK_ID,     PINTLE_USER_ID,
                                       PINTLE_GROUP_ID, PINTLE_BATCH_ID, PINTLE_SETTINGS_ID, PINTLE_STATE_ID};

static void is_refused(pintle_plugin_t *plugin, const char *id, int32_t status) {
    const void *table = &table;
    char words[300] = "";
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    IS(status, pintle_extension(plugin, id, strlen(id), &table));
    HOLDS(table == NULL);
    OK(pintle_error_last(plugin, &error));
    IS(status, error.code);
    snprintf(words, sizeof words, "%s: this host does not have it", id);
    HOLDS(error.length == strlen(words) && memcmp(error.text, words, strlen(words)) == 0);
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)args;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        is_refused(plugin, reserved[i], PINTLE_E_UNSUPPORTED);
    }
    is_refused(plugin, "pintle.io/2", PINTLE_E_UNSUPPORTED);
    is_refused(plugin, "org.pintle.test/1", PINTLE_E_NOT_FOUND);
    return PINTLE_OK;
}

/* What a plugin sets for callbacks that nobody calls yet does no harm. */
static int32_t save(pintle_plugin_t *plugin, const pintle_save_t *args) {
    (void)plugin;
    (void)args;
    fputs("nobody saves yet\n", stderr);
    exit(1);
}

PINTLE_PLUGIN(asker, PINTLE_TEXTS("org.pintle.test.asker", "Asker", "1", "", "", "", "", "", "", ""), 0,
              PINTLE_ON(create, create), PINTLE_ON(save, save))

PINTLE_PLUGIN(needy, PINTLE_TEXTS("org.pintle.test.needy", "Needy", "1", "", "", "", "", PINTLE_TABLE_ID, "", ""), 0,
              PINTLE_ON(save, save))

int main(void) {
    pintle_host_t *host = NULL;
    pintle_plugin_t *zero = NULL;
    pintle_instance_t instance;
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};

    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    OK(create(zero, NULL));
    OK(pintle_host_add(host, &pintle_entry_asker, NULL, &instance));
    OK(pintle_host_unload(host, instance, PINTLE_NEVER, NULL));
    IS(PINTLE_E_UNSUPPORTED, pintle_host_add(host, &pintle_entry_needy, NULL, &instance));
    OK(pintle_host_last_error(host, &error));
    HOLDS(strstr((const char *)error.text, "needs the interface pintle.table/1") != NULL);
    OK(pintle_host_free(host));
    return 0;
}
