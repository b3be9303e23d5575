/* What the interpreters of the scenario here share: the steps, and what applies of them. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <pintle/host.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/** The file of the steps. */
extern const char steps[];

/** Whether a line is a step that needs no operating system. */
static inline bool scenario_applies(const char *line) {
    return *line != '\0' && *line != '#' && *line != '!';
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
