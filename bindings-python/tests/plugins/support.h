/*
 * What the test plugins share. Only for tests: a call that must not fail ends the process when it does.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef PINTLE_TEST_SUPPORT_H
#define PINTLE_TEST_SUPPORT_H

#include <pintle/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS(name, description, services) \
    PINTLE_TEXTS("org.pintle.test." name, name, "1.0.0", "Pintle", description, "MIT OR Apache-2.0", "", "", "", services)

static inline void must(int32_t status) {
    if (status != PINTLE_OK) {
        fprintf(stderr, "a test plugin was refused a call with status %d\n", (int)status);
        abort();
    }
}

static inline int is_text(pintle_bytes_t bytes, const char *text) {
    return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

/** Whether a configuration, words with a space between them, has this word. */
static inline int has_word(pintle_text_t words, const char *word) {
    const size_t length = strlen(word);
    for (size_t at = 0; at + length <= words.length; at++) {
        const int begins = at == 0 || words.data[at - 1] == ' ';
        const int ends = at + length == words.length || words.data[at + length] == ' ';
        if (begins && ends && memcmp(words.data + at, word, length) == 0) {
            return 1;
        }
    }
    return 0;
}

static inline pintle_bytes_t view(pintle_plugin_t *plugin, pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    must(pintle_message_view(plugin, message, &bytes));
    return bytes;
}

/** The decimal number that a message holds. */
static inline long number(pintle_plugin_t *plugin, pintle_message_t message) {
    char text[24] = {0};
    const pintle_bytes_t bytes = view(plugin, message);
    memcpy(text, bytes.data, bytes.length < sizeof text ? bytes.length : sizeof text - 1);
    return strtol(text, NULL, 10);
}

/** A message with this text; the caller's to release or to hand on. */
static inline pintle_message_t message_of(pintle_plugin_t *plugin, const char *text) {
    pintle_message_t message;
    must(pintle_message_acquire(plugin, strlen(text), &message));
    must(pintle_message_write(plugin, message, (const uint8_t *)text, strlen(text)));
    return message;
}

#endif
