/*
 * The part of <string.h> that the programs here use, where there is no C library at all. The first four functions are
 * what the kernel needs.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length) {
    for (size_t at = 0; at < length; at++) {
        ((uint8_t *)to)[at] = ((const uint8_t *)from)[at];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t length) {
    const bool forward = (uintptr_t)to < (uintptr_t)from;
    for (size_t count = 0; count < length; count++) {
        const size_t at = forward ? count : length - 1 - count;
        ((uint8_t *)to)[at] = ((const uint8_t *)from)[at];
    }
    return to;
}

void *memset(void *to, int byte, size_t length) {
    for (size_t at = 0; at < length; at++) {
        ((uint8_t *)to)[at] = (uint8_t)byte;
    }
    return to;
}

int memcmp(const void *one, const void *other, size_t length) {
    for (size_t at = 0; at < length; at++) {
        const int difference = ((const uint8_t *)one)[at] - ((const uint8_t *)other)[at];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int strncmp(const char *one, const char *other, size_t length) {
    for (size_t at = 0; at < length; at++) {
        if (one[at] != other[at] || one[at] == '\0') {
            return (uint8_t)one[at] - (uint8_t)other[at];
        }
    }
    return 0;
}

int strcmp(const char *one, const char *other) {
    return strncmp(one, other, SIZE_MAX);
}

char *strchr(const char *text, int letter) {
    while (*text != (char)letter) {
        if (*text++ == '\0') {
            return NULL;
        }
    }
    return (char *)text;
}

size_t strcspn(const char *text, const char *any) {
    size_t length = 0;
    while (text[length] != '\0' && strchr(any, text[length]) == NULL) {
        length++;
    }
    return length;
}
