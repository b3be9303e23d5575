/* The words of the scenario that are not names: statuses, modes, bytes. */
#ifndef WORDS_H
#define WORDS_H

#include <pintle/host.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The most bytes in a word of a step; a firmware has little room. */
#define BYTES_MAX 288

/** The modes of channels, by number. */
static const char *const modes[] = {"UNRELIABLE", "SEQUENCED", "RELIABLE"};

/** Cuts the next word off a line: up to a blank, or a text with its quotes. Behind the last one they are empty. */
static inline char *next_word(char **line) {
    char *word = *line;
    char *end = word;
    if (*end == '"') {
        end = strchr(end + 1, '"') + 1;
    } else {
        end += strcspn(end, " ");
    }
    *line = *end == ' ' ? end + 1 : end;
    *end = '\0';
    return word;
}

static inline const char *status_word(int32_t code) {
    static char word[32];
    pintle_text_t name;
    if (pintle_status_name(code, &name) == PINTLE_OK) {
        snprintf(word, sizeof word, "%.*s", (int)name.length, name.data);
    } else {
        snprintf(word, sizeof word, "%" PRId32, code);
    }
    return word;
}

static inline int32_t status_of(const char *word) {
    int32_t code = (int32_t)strtol(word, NULL, 10);
    while (strcmp(status_word(code), word) != 0) {
        code++;
    }
    return code;
}

static inline uint32_t mode_of(const char *word) {
    uint32_t mode = 0;
    while (strcmp(modes[mode], word) != 0) {
        mode++;
    }
    return mode;
}

static inline size_t bytes_of(const char *word, uint8_t *bytes) {
    const char *star = strchr(word, '*');
    size_t length = strlen(word);
    if (word[0] == '"') {
        memcpy(bytes, word + 1, length - 2);
        return length - 2;
    }
    if (star != NULL) {
        length = strtoul(word, NULL, 10);
        memset(bytes, (int)strtoul(star + 1, NULL, 16), length);
        return length;
    }
    for (size_t at = 0; at < length; at += 2) {
        const char digits[] = {word[at], word[at + 1], '\0'};
        bytes[at / 2] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return length / 2;
}

static inline const char *bytes_word(pintle_bytes_t bytes) {
    static char word[2 * BYTES_MAX];
    bool text = true;
    bool same = true;
    for (size_t at = 0; at < bytes.length; at++) {
        const uint8_t byte = bytes.data[at];
        text = text && byte >= ' ' && byte <= '~' && byte != '"';
        same = same && byte == bytes.data[0];
    }
    if (same && bytes.length > 16) {
        snprintf(word, sizeof word, "%zu*%02x", bytes.length, bytes.data[0]);
    } else if (text) {
        snprintf(word, sizeof word, "\"%.*s\"", (int)bytes.length, (const char *)bytes.data);
    } else {
        for (size_t at = 0; at < bytes.length; at++) {
            snprintf(word + 2 * at, 3, "%02x", bytes.data[at]);
        }
    }
    return word;
}

#endif
