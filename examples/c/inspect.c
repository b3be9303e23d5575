/*
 * Says of files whether they are plugins that would be loaded, why not, and what to do about it.
 *
 *   ./c-inspect stats.so Cargo.toml
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#include <pintle/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A text, for %.*s. */
#define TEXT(text) (int)(text).length, (text).data

static void print(const pintle_inspection_t *file) {
    static const char *const verdicts[] = {"loads", "loads but stays resident", "refused"};
    printf("%.*s: %s\n", TEXT(file->path), verdicts[file->verdict]);
    for (size_t at = 0; at < file->finding_count; at++) {
        printf("  %.*s. %.*s\n", TEXT(file->findings[at].rule), TEXT(file->findings[at].cure));
    }
    if (file->known & PINTLE_KNOWN_DESCRIPTOR) {
        printf("  %.*s %.*s by %.*s, for ABI %u.%u, %zu settings\n", TEXT(file->id), TEXT(file->version),
            TEXT(file->vendor), (unsigned)file->abi_major, (unsigned)file->abi_minor, file->setting_count);
    }
}

int main(int count, char **arguments) {
    for (int at = 1; at < count; at++) {
        pintle_inspected_t *inspected;
        pintle_inspection_t file = {.size = sizeof file};
        if (pintle_inspect(arguments[at], strlen(arguments[at]), &inspected) != PINTLE_OK) {
            fprintf(stderr, "cannot inspect \"%s\"\n", arguments[at]);
            return EXIT_FAILURE;
        }
        if (pintle_inspected_read(inspected, &file) == PINTLE_OK) {
            print(&file);
        }
        (void)pintle_inspected_free(inspected);
    }
    return EXIT_SUCCESS;
}
