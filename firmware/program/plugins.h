/* The plugins that are linked in. */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <pintle/host.h>

#include <string.h>

PINTLE_DECLARE(stats);
PINTLE_DECLARE(shout);
PINTLE_DECLARE(gate);
PINTLE_DECLARE(serial);
PINTLE_DECLARE(misuser);
PINTLE_DECLARE(owner);
PINTLE_DECLARE(echo);

/** The plugin of this name; NULL if there is none. */
static inline const pintle_entry_t *plugin_entry(const char *name, size_t length) {
    const struct {
        const char *name;
        const pintle_entry_t *entry;
    } plugins[] = {
        {"stats", &pintle_entry_stats},
        {"shout", &pintle_entry_shout},
        {"gate", &pintle_entry_gate},
#ifndef NO_ECHO
        {"echo", &pintle_entry_echo},
#endif
    };
    for (size_t at = 0; at < sizeof plugins / sizeof plugins[0]; at++) {
        if (strlen(plugins[at].name) == length && memcmp(plugins[at].name, name, length) == 0) {
            return plugins[at].entry;
        }
    }
    return NULL;
}

#endif
