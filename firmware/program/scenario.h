/* The part that the interpreters of the scenario share: the steps, and which of them apply. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <pintle/host.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** The file of the steps. */
extern const char steps[];

/** Whether a line is a step of this program. Steps that need an operating system, or a plugin that is not linked in, are not. */
static inline bool scenario_applies(const char *line) {
#ifdef NO_ECHO
    if (strncmp(line, "plugin echo ", 12) == 0) {
        return false;
    }
#endif
    return strchr("#!\n", *line) == NULL;
}

/** Whether the scenario ends before this line: without the plugin echo there is no service to ask. */
static inline bool scenario_ends(const char *line) {
#ifdef NO_ECHO
    return *line == '\0' || strncmp(line, "request ", 8) == 0;
#else
    return *line == '\0';
#endif
}

/** Sets the limit that a word such as `sessions=3` names. */
static inline void scenario_limit(pintle_limits_t *limits, const char *word) {
    const struct {
        const char *name;
        uint32_t *limit;
    } named[] = {
        {"message_bytes=", &limits->message_bytes},
        {"large_message_bytes=", &limits->large_message_bytes},
        {"sessions=", &limits->sessions},
        {"requests_per_session=", &limits->requests_per_session},
    };
    for (size_t at = 0; at < sizeof named / sizeof named[0]; at++) {
        const size_t length = strlen(named[at].name);
        if (strncmp(word, named[at].name, length) == 0) {
            *named[at].limit = (uint32_t)strtoul(word + length, NULL, 10);
        }
    }
}

#endif
