/* The part of <stdlib.h> that the programs here use: integers from text. */
#include <stdint.h>
#include <stdlib.h>

static unsigned digit_of(char letter) {
    if (letter >= '0' && letter <= '9') {
        return (unsigned)(letter - '0');
    }
    return letter >= 'a' && letter <= 'f' ? (unsigned)(letter - 'a') + 10 : UINT32_MAX;
}

unsigned long long strtoull(const char *text, char **end, int base) {
    unsigned long long number = 0;
    for (; digit_of(*text) < (unsigned)base; text++) {
        number = number * (unsigned)base + digit_of(*text);
    }
    if (end != NULL) {
        *end = (char *)text;
    }
    return number;
}

long long strtoll(const char *text, char **end, int base) {
    return *text == '-' ? (long long)(0 - strtoull(text + 1, end, base)) : (long long)strtoull(text, end, base);
}

unsigned long strtoul(const char *text, char **end, int base) {
    return (unsigned long)strtoull(text, end, base);
}

long strtol(const char *text, char **end, int base) {
    return (long)strtoll(text, end, base);
}

int atoi(const char *text) {
    return (int)strtoll(text, NULL, 10);
}
