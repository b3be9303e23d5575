/*
 * The part of <stdio.h> that the programs here use, over the console of the board: %d, %u and %x with their lengths, a
 * width and zeros before it, %s with a precision.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../board/board.h"

/** Where text goes: into memory as far as there is room, or without memory to the console. */
typedef struct sink_t {
    char *text;
    size_t room;
    size_t length;
} sink_t;

static void put(sink_t *sink, const char *text, size_t length) {
    if (sink->text == NULL) {
        board_write(text, length);
    } else if (sink->length < sink->room) {
        const size_t left = sink->room - sink->length;
        memcpy(sink->text + sink->length, text, length < left ? length : left);
    }
    sink->length += length;
}

static void put_number(sink_t *sink, uint64_t number, unsigned base, size_t width, bool negative) {
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0 || sizeof digits - at < width);
    if (negative) {
        digits[--at] = '-';
    }
    put(sink, digits + at, sizeof digits - at);
}

/** How many bytes an integer has whose format begins here; moves behind what says so. */
static size_t integer_size(const char **format) {
    static const struct {
        const char *length;
        size_t size;
    } sizes[] = {{"ll", sizeof(long long)}, {"l", sizeof(long)}, {"z", sizeof(size_t)}, {"", sizeof(int)}};
    size_t at = 0;
    while (strncmp(*format, sizes[at].length, strlen(sizes[at].length)) != 0) {
        at++;
    }
    *format += strlen(sizes[at].length);
    return sizes[at].size;
}

static void print(sink_t *sink, const char *format, va_list *arguments) {
    while (*format != '\0') {
        const size_t plain = strcspn(format, "%");
        size_t width = 0;
        size_t precision = SIZE_MAX;
        put(sink, format, plain);
        format += plain;
        if (*format == '\0') {
            return;
        }
        for (format++; *format >= '0' && *format <= '9'; format++) {
            width = 10 * width + (size_t)(*format - '0');
        }
        if (strncmp(format, ".*", 2) == 0) {
            precision = (size_t)va_arg(*arguments, int);
            format += 2;
        }
        const size_t size = integer_size(&format);
        const char kind = *format++;
        if (kind == 's') {
            const char *text = va_arg(*arguments, const char *);
            size_t length = 0;
            while (length < precision && text[length] != '\0') {
                length++;
            }
            put(sink, text, length);
            continue;
        }
        uint64_t number = 0;
        bool negative = false;
        if (size == sizeof(long long)) {
            number = va_arg(*arguments, unsigned long long);
            negative = kind == 'd' && (int64_t)number < 0;
        } else {
            const unsigned word = va_arg(*arguments, unsigned);
            negative = kind == 'd' && (int)word < 0;
            number = negative ? (uint64_t)(int)word : word;
        }
        put_number(sink, negative ? 0 - number : number, kind == 'x' ? 16 : 10, width, negative);
    }
}

int printf(const char *format, ...) {
    sink_t sink = {NULL, 0, 0};
    va_list arguments;
    va_start(arguments, format);
    print(&sink, format, &arguments);
    va_end(arguments);
    return (int)sink.length;
}

int snprintf(char *text, size_t room, const char *format, ...) {
    sink_t sink = {text, room == 0 ? 0 : room - 1, 0};
    va_list arguments;
    va_start(arguments, format);
    print(&sink, format, &arguments);
    va_end(arguments);
    if (room > 0) {
        text[sink.length < sink.room ? sink.length : sink.room] = '\0';
    }
    return (int)sink.length;
}

int puts(const char *text) {
    return printf("%s\n", text);
}
