/* The options of a host: its memory, its log, the name, stack and signals of its workers. */
#define _GNU_SOURCE
#define PINTLE_STATIC
#include <pintle/host.h>

#include <pthread.h>
#include <signal.h>

#include "check.h"

#define STACK ((size_t)1 << 20)

static int lines;

static void count_line(void *context, uint32_t level, const char *instance, size_t instance_length,
                       const char *target, size_t target_length, const char *text, size_t text_length) {
    (void)context;
    (void)target;
    (void)target_length;
    (void)instance_length;
    if (instance != NULL && text_length == 4 && memcmp(text, "line", 4) == 0) {
        HOLDS(level <= PINTLE_LOG_WARN);
        lines++;
    }
}

static int looked;

static int32_t note(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    looked = 1;
    return PINTLE_OK;
}

/* Runs on a worker. */
static int32_t look(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    char name[32] = "";
    sigset_t blocked;
    pthread_attr_t attributes;
    size_t stack = 0;
    (void)data;
    HOLDS(pthread_sigmask(SIG_SETMASK, NULL, &blocked) == 0);
    HOLDS(sigismember(&blocked, SIGINT) == 1 && sigismember(&blocked, SIGALRM) == 1);
    for (size_t index = 0; index < sizeof faults / sizeof faults[0]; index++) {
        HOLDS(sigismember(&blocked, faults[index]) == 0);
    }
    HOLDS(pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strcmp(name, "server-0") == 0);
    HOLDS(pthread_getattr_np(pthread_self(), &attributes) == 0);
    HOLDS(pthread_attr_getstacksize(&attributes, &stack) == 0 && stack >= STACK && stack < 2 * STACK);
    HOLDS(pthread_attr_destroy(&attributes) == 0);
    return pintle_executor_submit(plugin, note, NULL, message);
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const pintle_message_t none = {0};
    (void)args;
    for (uint32_t level = PINTLE_LOG_ERROR; level <= PINTLE_LOG_TRACE; level++) {
        OK(pintle_log_write(plugin, level, NULL, 0, "line", 4));
    }
    return pintle_executor_submit_worker(plugin, look, NULL, none);
}

PINTLE_PLUGIN(looker, PINTLE_TEXTS("org.test.looker", "looker", "1.0.0", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create))

static void with_all(void) {
    const pintle_limits_t limits = {.size = sizeof limits, .workers = 1, .sessions = 16};
    size_t size = 0;
    OK(pintle_host_region_size(&limits, &size));
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    HOLDS(memory != NULL);
    const pintle_host_options_t options = {
        .size = sizeof options,
        .log_level = PINTLE_LOG_WARN,
        .watchdog = UINT64_C(60000000000),
        .limits = &limits,
        .memory = memory,
        .memory_size = size,
        .worker_name = {"server-", 7},
        .worker_stack = STACK,
    };
    pintle_host_t *host = NULL;
    pintle_plugin_t *self = NULL;
    pintle_instance_t instance;
    OK(pintle_host_new_with(&options, &host));
    OK(pintle_host_self(host, &self));
    HOLDS((char *)self >= (char *)memory && (char *)self < (char *)memory + size);
    OK(pintle_host_log_sink(host, count_line, NULL));
    OK(pintle_host_add(host, &pintle_entry_looker, NULL, &instance));
    IS(2, lines);
    while (!looked) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
    }
    OK(pintle_host_free(host));
    free(memory);
}

static void told(const char *part) {
    pintle_text_t text = {NULL, 0};
    char copy[256] = "";
    OK(pintle_host_error_text(NULL, &text));
    HOLDS(text.length < sizeof copy);
    memcpy(copy, text.data, text.length);
    if (strstr(copy, part) == NULL) {
        fprintf(stderr, "%s\ndoes not say\n%s\n", copy, part);
        exit(1);
    }
}

static void refused(void) {
    _Alignas(64) static char small[4096];
    pintle_host_options_t options = {.size = sizeof options};
    pintle_host_t *host = NULL;
    size_t size = 0;

    OK(pintle_host_region_size(NULL, &size));
    HOLDS(size > sizeof small);
    IS(PINTLE_E_ARGUMENT, pintle_host_region_size(NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_host_new_with(&options, NULL));
    options.size = 4;
    IS(PINTLE_E_ARGUMENT, pintle_host_new_with(&options, &host));
    options.size = sizeof options;
    options.memory = small;
    options.memory_size = sizeof small;
    IS(PINTLE_E_CAPACITY, pintle_host_new_with(&options, &host));
    told("and 4096 are given");
    options.memory = small + 8;
    IS(PINTLE_E_ARGUMENT, pintle_host_new_with(&options, &host));
    told("align it to 64 bytes");
    options.memory = NULL;
    options.worker_name = (pintle_text_t){"a name too long", 15};
    IS(PINTLE_E_ARGUMENT, pintle_host_new_with(&options, &host));
    told("give at most 12 bytes");
    HOLDS(host == NULL);
    OK(pintle_host_new_with(NULL, &host));
    OK(pintle_host_free(host));
}

int main(void) {
    with_all();
    refused();
    return 0;
}
