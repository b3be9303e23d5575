/* Loads the folder of the first argument: the plugins echo.so and stats.so, library.so, which is none, and text.so. */
#include <pintle/host.h>

#include "check.h"

struct told {
    int count;
    uint32_t kinds[8];
    int32_t codes[8];
    pintle_instance_t instances[8];
    char names[8][32];
    char texts[8][512];
};

static void copy(char *to, size_t room, const char *from, size_t length) {
    HOLDS(length < room);
    memcpy(to, from, length);
    to[length] = '\0';
}

static void found(void *context, const pintle_found_t *file) {
    struct told *told = (struct told *)context;
    const char *slash = file->path.data + file->path.length;
    HOLDS(file->size == sizeof *file && file->reserved == 0 && told->count < 8);
    while (slash[-1] != '/') { --slash; }
    copy(told->names[told->count], 32, slash, (size_t)(file->path.data + file->path.length - slash));
    copy(told->texts[told->count], 512, file->text.data, file->text.length);
    told->kinds[told->count] = file->kind;
    told->codes[told->count] = file->code;
    told->instances[told->count++] = file->instance;
}

static int has(const char *text, size_t length, const char *part) {
    char whole[4096];
    copy(whole, sizeof whole, text, length);
    return strstr(whole, part) != NULL;
}

/* The echo goes last, the stats are not wanted. */
static int32_t options(void *context, const char *path, size_t path_length, const char *id, size_t id_length,
    pintle_add_options_t *options) {
    (void)context;
    HOLDS(options->size == sizeof *options && options->priority == 0 && options->instance.length == 0);
    if (!has(id, id_length, "echo")) { return PINTLE_E_PERMISSION; }
    HOLDS(has(path, path_length, "/echo.so"));
    options->priority = 9;
    options->instance.data = "again";
    options->instance.length = 5;
    return PINTLE_OK;
}

static void became(const struct told *told, int at, const char *name, uint32_t kind, int32_t code) {
    HOLDS(strcmp(told->names[at], name) == 0 && told->kinds[at] == kind);
    IS(code, told->codes[at]);
    HOLDS((told->instances[at].bits != 0) == (kind == PINTLE_FOUND_LOADED));
    HOLDS((told->texts[at][0] != '\0') == (kind != PINTLE_FOUND_LOADED));
}

int main(int count, char **arguments) {
    struct told first = {0}, second = {0};
    pintle_host_t *host = NULL;
    pintle_instance_info_t info = {.size = sizeof info};
    const char *folder = arguments[1];
    HOLDS(count == 2);
    OK(pintle_host_new(NULL, &host));

    OK(pintle_host_load_folder(host, folder, strlen(folder), NULL, found, &first));
    HOLDS(first.count == 4);
    became(&first, 0, "echo.so", PINTLE_FOUND_LOADED, PINTLE_OK);
    became(&first, 1, "library.so", PINTLE_FOUND_PASSED_OVER, PINTLE_E_NO_ENTRY);
    became(&first, 2, "stats.so", PINTLE_FOUND_LOADED, PINTLE_OK);
    became(&first, 3, "text.so", PINTLE_FOUND_REFUSED, PINTLE_E_NOT_A_LIBRARY);
    HOLDS(strstr(first.texts[3], "it is a text file") != NULL);

    OK(pintle_host_unload(host, first.instances[0], PINTLE_NEVER, NULL));
    OK(pintle_host_load_folder(host, folder, strlen(folder), options, found, &second));
    became(&second, 0, "echo.so", PINTLE_FOUND_LOADED, PINTLE_OK);
    became(&second, 2, "stats.so", PINTLE_FOUND_REFUSED, PINTLE_E_PERMISSION);
    HOLDS(strstr(second.texts[2], "the program refused it") != NULL);
    OK(pintle_host_instance(host, second.instances[0], &info));
    HOLDS(info.priority == 9 && info.name.length == 5 && memcmp(info.name.data, "again", 5) == 0);
    OK(pintle_host_unload(host, second.instances[0], PINTLE_NEVER, NULL));
    OK(pintle_host_load_folder(host, folder, strlen(folder), NULL, NULL, NULL));

    IS(PINTLE_E_ARGUMENT, pintle_host_load_folder(NULL, folder, strlen(folder), NULL, found, &second));
    IS(PINTLE_E_ARGUMENT, pintle_host_load_folder(host, NULL, 0, NULL, found, &second));
    IS(PINTLE_E_ARGUMENT, pintle_host_load_folder(host, "a\0b", 3, NULL, found, &second));
    IS(PINTLE_E_NO_FILE, pintle_host_load_folder(host, "absent", 6, NULL, found, &second));
    HOLDS(second.count == 4);
    OK(pintle_host_free(host));
    return 0;
}
