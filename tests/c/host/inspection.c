/* One inspection is a struct, a text and JSON. The argument is tests/c/described.c as a library, which is removed. */
#include <pintle/host.h>

#include <unistd.h>

#include "check.h"

static int is_text(pintle_text_t text, const char *expected) {
    return text.length == strlen(expected) && memcmp(text.data, expected, text.length) == 0;
}

static int among(pintle_texts_t texts, const char *expected) {
    for (size_t at = 0; at < texts.count; at++) {
        if (is_text(texts.items[at], expected)) {
            return 1;
        }
    }
    return 0;
}

static int begins(pintle_text_t text, const char *expected) {
    return text.length > strlen(expected) && memcmp(text.data, expected, strlen(expected)) == 0;
}

static void plugin(pintle_inspected_t *inspected, const char *path) {
    pintle_inspection_t told = {.size = sizeof told};
    pintle_text_t text, again;
    char begin[4096];
    OK(pintle_inspected_read(inspected, &told));
    HOLDS(told.size == sizeof told && told.verdict == PINTLE_VERDICT_LOADS && told.code == PINTLE_OK);
    HOLDS(told.known == (PINTLE_KNOWN_DESCRIPTOR | PINTLE_KNOWN_HEADERS | PINTLE_KNOWN_CALLBACKS));
    HOLDS((told.flags & PINTLE_FLAG_MULTI_INSTANCE) != 0 && (told.flags & PINTLE_FLAG_UNLOAD_SAFE) != 0);
    HOLDS(told.abi_major == PINTLE_ABI_MAJOR && told.abi_minor == PINTLE_ABI_MINOR && told.abi_minor_least == 0);
    HOLDS(told.finding_count == 0);
    HOLDS(is_text(told.path, path) && is_text(told.id, "org.test.described"));
    HOLDS(is_text(told.name, "described") && is_text(told.version, "1.2.3") && is_text(told.vendor, "Tester"));
    HOLDS(is_text(told.description, "Says much of itself") && is_text(told.licence, "MIT"));
    HOLDS(is_text(told.url, "https://example.org/") && told.machine.length > 0);
    HOLDS(told.needs.count == 1 && is_text(told.needs.items[0], "pintle.io/1"));
    HOLDS(told.offers.count == 2 && is_text(told.offers.items[1], "org.test.b/2"));
    HOLDS(told.service_count == 2 && told.services[0] == 7 && told.services[1] == 0x10);
    HOLDS(told.callbacks.count == 2 && among(told.callbacks, "create") && among(told.callbacks, "request"));
    HOLDS(among(told.exports, "pintle_entry") && among(told.libraries, "libc.so.6"));
    HOLDS(told.setting_count == 2);
    HOLDS(is_text(told.settings[0].name, "level") && is_text(told.settings[0].kind, "int 1..9"));
    HOLDS(is_text(told.settings[0].default_value, "5") && is_text(told.settings[0].description, "How much."));
    HOLDS(told.settings[0].required == 0 && told.settings[1].required == 1);
    HOLDS(told.settings[1].default_value.data == NULL);

    snprintf(begin, sizeof begin, "%s: loads\n  id            org.test.described\n", path);
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_TEXT, &text));
    HOLDS(begins(text, begin) && text.data[text.length - 1] != '\n');
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_TEXT, &again));
    HOLDS(again.data == text.data);
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_JSON, &text));
    snprintf(begin, sizeof begin, "{\"path\":\"%s\",\"verdict\":\"loads\",", path);
    HOLDS(begins(text, begin) && text.data[text.length - 1] == '}');
}

static void no_plugin(void) {
    pintle_inspected_t *inspected;
    pintle_inspection_t told = {.size = sizeof told};
    pintle_text_t text;
    OK(pintle_inspect("/", 1, &inspected));
    OK(pintle_inspected_read(inspected, &told));
    HOLDS(told.verdict == PINTLE_VERDICT_REFUSED && told.code == PINTLE_E_NOT_A_LIBRARY && told.known == 0);
    HOLDS(told.finding_count == 1 && is_text(told.findings[0].rule, "it is a folder"));
    HOLDS(is_text(told.findings[0].cure, "Name the library file in it."));
    HOLDS(told.id.length == 0 && told.exports.count == 0 && told.setting_count == 0);
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_TEXT, &text));
    HOLDS(is_text(text, "/: refused (E_NOT_A_LIBRARY)\n  it is a folder. Name the library file in it."));
    OK(pintle_inspected_free(inspected));
}

int main(int count, char **arguments) {
    pintle_inspected_t *inspected;
    HOLDS(count == 2);
    OK(pintle_inspect(arguments[1], strlen(arguments[1]), &inspected));
    /* What is told later is what was found, without a second look at the file. */
    HOLDS(unlink(arguments[1]) == 0);
    plugin(inspected, arguments[1]);
    OK(pintle_inspected_free(inspected));
    no_plugin();
    return 0;
}
