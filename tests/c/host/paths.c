/* Paths of any bytes. The arguments are a plugin whose file is named st\xffats.so, and its folder. */
#include <pintle/host.h>

#include "check.h"

static void has(pintle_text_t text, const char *words) {
    char whole[65536] = "";
    HOLDS(text.length < sizeof whole);
    memcpy(whole, text.data, text.length);
    if (strstr(whole, words) == NULL) {
        fprintf(stderr, "%s\nhas not\n%s\n", whole, words);
        exit(1);
    }
}

static void told(pintle_host_t *host, const char *words) {
    pintle_text_t text = {NULL, 0};
    OK(pintle_host_error_text(host, &text));
    has(text, words);
}

static void loads(pintle_host_t *host, const char *path) {
    pintle_instance_t instance;
    pintle_instance_info_t info = {.size = sizeof info};
    char known[4096];
    size_t length;
    OK(pintle_host_load(host, path, strlen(path), NULL, &instance));
    OK(pintle_host_path(host, instance, known, sizeof known, &length));
    HOLDS(length == strlen(path) && memcmp(known, path, length) == 0);
    OK(pintle_host_instance(host, instance, &info));
    HOLDS(info.path.length == length && memcmp(info.path.data, path, length) == 0);
    OK(pintle_host_unload(host, instance, PINTLE_NEVER, NULL));
}

static void is_inspected(const char *path) {
    pintle_inspected_t *inspected;
    pintle_inspection_t inspection = {.size = sizeof inspection};
    pintle_text_t text;
    OK(pintle_inspect(path, strlen(path), &inspected));
    OK(pintle_inspected_read(inspected, &inspection));
    HOLDS(inspection.verdict != PINTLE_VERDICT_REFUSED);
    HOLDS(inspection.path.length == strlen(path) && memcmp(inspection.path.data, path, strlen(path)) == 0);
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_TEXT, &text));
    has(text, "/st\\xffats.so: loads");
    OK(pintle_inspected_account(inspected, PINTLE_INSPECT_JSON, &text));
    has(text, "/st\xef\xbf\xbd" "ats.so\"");
    OK(pintle_inspected_free(inspected));
}

int main(int count, char **arguments) {
    pintle_host_t *host;
    pintle_instance_t instance;
    HOLDS(count == 3);
    OK(pintle_host_new(NULL, &host));
    loads(host, arguments[1]);
    is_inspected(arguments[1]);
    IS(PINTLE_E_NO_FILE, pintle_host_load(host, "a\xff\n.so", 6, NULL, &instance));
    told(host, "there is no such file (a\\xff\\n.so). ");
    IS(PINTLE_E_NOT_A_LIBRARY, pintle_host_load(host, arguments[2], strlen(arguments[2]), NULL, &instance));
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, arguments[1], strlen(arguments[1]) + 1, NULL, &instance));
    told(host, "the path has a NUL byte in it");
    IS(PINTLE_E_ARGUMENT, pintle_host_load(host, "", 0, NULL, &instance));
    told(host, "the path is empty");
    OK(pintle_host_free(host));
    return 0;
}
