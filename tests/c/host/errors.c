/* The text of an error: of the call that failed, on the thread that called, whole. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <pthread.h>

#include "check.h"

static void told(pintle_host_t *host, int32_t code, const char *begin) {
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    pintle_text_t text = {NULL, 0};
    OK(pintle_host_last_error(host, &error));
    OK(pintle_host_error_text(host, &text));
    IS(code, error.code);
    HOLDS(error.length <= text.length && memcmp(error.text, text.data, error.length) == 0);
    if (text.length < strlen(begin) || memcmp(text.data, begin, strlen(begin)) != 0) {
        fprintf(stderr, "%.*s\ndoes not begin with\n%s\n", (int)text.length, text.data, begin);
        exit(1);
    }
}

static void *fails_elsewhere(void *data) {
    pintle_host_t *host = (pintle_host_t *)data;
    told(host, PINTLE_OK, "");
    IS(PINTLE_E_WRONG_THREAD, pintle_host_poll(host, 0));
    told(host, PINTLE_E_WRONG_THREAD, "called on another thread");
    return NULL;
}

static void threads_have_their_own(pintle_host_t *host) {
    pthread_t thread;
    pintle_instance_t instance;
    IS(PINTLE_E_NO_FILE, pintle_host_load(host, "absent.so", 9, NULL, &instance));
    HOLDS(pthread_create(&thread, NULL, fails_elsewhere, host) == 0);
    HOLDS(pthread_join(thread, NULL) == 0);
    told(host, PINTLE_E_NO_FILE, "there is no such file (absent.so). ");
}

static void long_texts_are_whole(pintle_host_t *host) {
    char path[1024] = "";
    pintle_text_t text = {NULL, 0};
    pintle_instance_t instance;
    for (int part = 0; part < 20; part++) {
        strcat(path, "a-folder-whose-name-has-some-forty-bytes/");
    }
    IS(PINTLE_E_NO_FILE, pintle_host_load(host, path, strlen(path), NULL, &instance));
    told(host, PINTLE_E_NO_FILE, "there is no such file (a-folder");
    OK(pintle_host_error_text(host, &text));
    HOLDS(text.length > strlen(path) + 40);
    IS(PINTLE_E_ARGUMENT, pintle_host_error_text(host, NULL));
    told(host, PINTLE_E_NO_FILE, "there is no such file");
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    (void)plugin;
    (void)args;
    return PINTLE_OK;
}

PINTLE_PLUGIN(first, PINTLE_TEXTS("org.test.first", "first", "1.0.0", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create))

/* Two calls that fail with one status, of which only the first has words of its own. */
static void words_are_of_the_call(void) {
    pintle_limits_t limits = {.size = sizeof limits, .plugins = 1, .workers = PINTLE_NO_WORKERS};
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};
    pintle_host_t *host;
    pintle_plugin_t *self;
    pintle_instance_t instance;
    pintle_message_t message;
    OK(pintle_host_new(&limits, &host));
    OK(pintle_host_self(host, &self));
    OK(pintle_host_add(host, &pintle_entry_first, NULL, &instance));
    IS(PINTLE_E_CAPACITY, pintle_host_add(host, &pintle_entry_first, NULL, &instance));
    told(host, PINTLE_E_CAPACITY, "org.test.first-2: too many plugins");
    IS(PINTLE_E_CAPACITY, pintle_message_acquire(self, 1U << 30, &message));
    OK(pintle_error_last(self, &error));
    IS(PINTLE_OK, error.code);
    OK(pintle_host_free(host));
}

static void hosts_have_their_own(pintle_host_t *host) {
    pintle_host_t *other;
    pintle_instance_t instance;
    OK(pintle_host_new(NULL, &other));
    IS(PINTLE_E_NO_FILE, pintle_host_load(host, "absent.so", 9, NULL, &instance));
    told(other, PINTLE_OK, "");
    told(NULL, PINTLE_OK, "");
    OK(pintle_host_free(other));
    told(host, PINTLE_E_NO_FILE, "there is no such file");
}

static void a_freed_host_is_recognised(void) {
    pintle_host_t *host;
    pintle_instance_t instance;
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_free(host));
    IS(PINTLE_E_CLOSED, pintle_host_free(host));
    told(host, PINTLE_E_CLOSED, "the host was freed");
    IS(PINTLE_E_CLOSED, pintle_host_load(host, "absent.so", 9, NULL, &instance));
    IS(PINTLE_E_CLOSED, pintle_host_poll(host, 0));
    IS(PINTLE_E_CLOSED, pintle_host_stop(host));
    IS(PINTLE_E_CLOSED, pintle_host_wake(host));
}

int main(void) {
    pintle_host_t *host;
    OK(pintle_host_new(NULL, &host));
    threads_have_their_own(host);
    long_texts_are_whole(host);
    words_are_of_the_call();
    hosts_have_their_own(host);
    OK(pintle_host_free(host));
    a_freed_host_is_recognised();
    return 0;
}
