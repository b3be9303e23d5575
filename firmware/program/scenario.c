/* The scenario of the tests, from its C interpreter, over the freestanding kernel. */
#include "../../tests/scenario/steps.h"

#include "firmware.h"
#include "plugins.h"
#include "scenario.h"

static pintle_core_t *core;

static void turn(void) {
    firmware_turn(core);
}

static const char *start(char **words) {
    pintle_limits_t limits = firmware_limits;
    /* This program takes no messages from an inbox. */
    limits.inbox = PINTLE_NO_INBOX;
    for (; **words != '\0'; words++) {
        scenario_limit(&limits, *words);
    }
    int32_t status = firmware_start(&limits, on_log, &core, &zero);
    if (status == PINTLE_OK) {
        status = pintle_core_callbacks(core, &callbacks, NULL);
    }
    return status_word(status);
}

static const char *plugin(char **words) {
    uint8_t config[BYTES_MAX];
    const size_t length = bytes_of(words[3], config);
    const pintle_add_options_t options = {
        sizeof options, (int32_t)strtol(words[2], NULL, 10), {words[0], strlen(words[0])}, {(char *)config, length}};
    pintle_instance_t instance = {0};
    const int32_t status = pintle_core_add(core, plugin_entry(words[1], strlen(words[1])), &options, &instance);
    return named(status, words[0], instance.bits);
}

static const char *unload(char **words) {
    static char word[64];
    pintle_receipt_t receipt;
    const int32_t status = firmware_unload(core, (pintle_instance_t){object(words[0])}, &receipt);
    if (status != PINTLE_OK) {
        return status_word(status);
    }
    const uint32_t left = receipt.messages + receipt.sockets + receipt.sessions + receipt.requests + receipt.tasks +
                          receipt.timers + receipt.watches;
    snprintf(word, sizeof word, "%s, calls %llu, left %u",
             receipt.outcome == PINTLE_OUTCOME_STOPPED ? "stopped" : "not stopped", (unsigned long long)receipt.calls, (unsigned)left);
    return word;
}

/** A kernel ends by being left alone. */
static const char *end(char **words) {
    (void)words;
    return "OK";
}

static const verb_t verbs[] = {
    {"host", start},
    {"plugin", plugin},
    {"unload", unload},
    {"end", end},
};

void scenario(void) {
    char line[128];
    for (const char *at = steps; !scenario_ends(at); at += strcspn(at, "\n") + 1) {
        if (scenario_applies(at)) {
            snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
            puts(line);
            step(verbs, sizeof verbs / sizeof verbs[0], line);
        }
    }
}
