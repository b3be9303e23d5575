/* What the interpreters of the scenario here share: the steps, and what applies of them. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <pintle/host.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** The file of the steps. */
extern const char steps[];

/** Whether this program takes a line for a step: none that needs an operating system, nor the plugin that it lacks. */
static inline bool scenario_applies(const char *line) {
#ifdef NO_ECHO
    if (strncmp(line, "plugin echo ", 12) == 0) {
        return false;
    }
#endif
    return strchr("#!\n", *line) == NULL;
}

/** Whether the scenario is over before this line: without echo, there is nobody to ask. */
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
