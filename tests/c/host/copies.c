/* Two copies of the library in one process: the one that is linked in, and libpintle.so, which is the first argument. The others are
   plugins: one for any number of instances, and one for a single instance. */
#include <pintle/host.h>

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* What this program calls of a copy. */
struct copy {
    int32_t (*begin)(const pintle_limits_t *, pintle_host_t **);
    int32_t (*load)(pintle_host_t *, const char *, size_t, const pintle_add_options_t *, pintle_instance_t *);
    int32_t (*unload)(pintle_host_t *, pintle_instance_t, uint64_t, pintle_receipt_t *);
    int32_t (*end)(pintle_host_t *);
};

static void find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    HOLDS(found != NULL);
    memcpy(function, &found, sizeof found);
}

static pintle_host_t *begin(const struct copy *copy) {
    pintle_host_t *host = NULL;
    OK(copy->begin(NULL, &host));
    return host;
}

static pintle_instance_t load(const struct copy *copy, pintle_host_t *host, const char *path) {
    pintle_instance_t instance = {0};
    OK(copy->load(host, path, strlen(path), NULL, &instance));
    return instance;
}

static void handles_are_foreign(const struct copy copies[2], const char *plugin) {
    pintle_host_t *hosts[2];
    pintle_instance_t instances[2];
    int at;
    for (at = 0; at < 2; ++at) {
        hosts[at] = begin(&copies[at]);
        instances[at] = load(&copies[at], hosts[at], plugin);
    }
    HOLDS(instances[0].bits != instances[1].bits);
    for (at = 0; at < 2; ++at) {
        IS(PINTLE_E_FOREIGN, copies[at].unload(hosts[at], instances[1 - at], 0, NULL));
    }
    for (at = 0; at < 2; ++at) {
        OK(copies[at].unload(hosts[at], instances[at], PINTLE_NEVER, NULL));
        OK(copies[at].end(hosts[at]));
    }
}

static void one_instance_is_one(const struct copy copies[2], const char *only) {
    pintle_host_t *hosts[2] = {begin(&copies[0]), begin(&copies[1])};
    int at;
    for (at = 0; at < 2; ++at) {
        pintle_instance_t refused, instance = load(&copies[at], hosts[at], only);
        IS(PINTLE_E_EXISTS, copies[1 - at].load(hosts[1 - at], only, strlen(only), NULL, &refused));
        IS(PINTLE_E_EXISTS, copies[at].load(hosts[at], only, strlen(only), NULL, &refused));
        OK(copies[at].unload(hosts[at], instance, PINTLE_NEVER, NULL));
    }
    for (at = 0; at < 2; ++at) { OK(copies[at].end(hosts[at])); }
}

/* 1,023 hosts, whoever starts them. */
static void hosts_are_counted_together(const struct copy copies[2]) {
    static pintle_host_t *hosts[1024];
    const pintle_limits_t small = {.size = sizeof small, .sessions = 1, .messages = 8, .workers = PINTLE_NO_WORKERS};
    struct rlimit fds;
    int count = 0, status;
    HOLDS(getrlimit(RLIMIT_NOFILE, &fds) == 0);
    fds.rlim_cur = 8 * 1024;
    HOLDS(setrlimit(RLIMIT_NOFILE, &fds) == 0);
    while ((status = copies[count % 2].begin(&small, &hosts[count])) == PINTLE_OK) {
        HOLDS(++count < 1024);
    }
    IS(PINTLE_E_CAPACITY, status);
    HOLDS(count == 1023);
    IS(PINTLE_E_CAPACITY, copies[0].begin(&small, &hosts[count]));
    while (count-- > 0) { OK(copies[count % 2].end(hosts[count])); }
}

int main(int count, char **arguments) {
    struct copy copies[2] = {{pintle_host_new, pintle_host_load, pintle_host_unload, pintle_host_free}};
    void *library;
    pid_t child;
    int status = -1;
    HOLDS(count == 4);
    library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    HOLDS(library != NULL);
    find(library, "pintle_host_new", &copies[1].begin);
    find(library, "pintle_host_load", &copies[1].load);
    find(library, "pintle_host_unload", &copies[1].unload);
    find(library, "pintle_host_free", &copies[1].end);
    HOLDS(copies[0].begin != copies[1].begin);

    handles_are_foreign(copies, arguments[2]);
    one_instance_is_one(copies, arguments[3]);
    child = fork();
    HOLDS(child >= 0);
    if (child == 0) {
        /* What a child begins and leaves is its own. */
        handles_are_foreign(copies, arguments[2]);
        (void)load(&copies[0], begin(&copies[0]), arguments[3]);
        _exit(0);
    }
    HOLDS(waitpid(child, &status, 0) == child && status == 0);
    one_instance_is_one(copies, arguments[3]);
    hosts_are_counted_together(copies);
    return 0;
}
