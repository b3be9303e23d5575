/* A signal handler stops and wakes a host at any time: while it runs, while it is freed, and afterwards. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "check.h"

/* The handler runs on the thread that begins and ends hosts. */
static pintle_host_t *volatile current;
static volatile sig_atomic_t unexpected, closed, stopped;

static void on_alarm(int number) {
    (void)number;
    pintle_host_t *host = current;
    if (host == NULL) {
        return;
    }
    const int32_t woken = pintle_host_wake(host), told = pintle_host_stop(host);
    unexpected |= woken != told || (told != PINTLE_OK && told != PINTLE_E_CLOSED);
    closed += told == PINTLE_E_CLOSED;
    stopped += told == PINTLE_OK;
}

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    pintle_message_t message;
    (void)args;
    for (int index = 0; index < 16; index++) {
        OK(pintle_message_acquire(plugin, 512, &message));
    }
    return PINTLE_OK;
}

PINTLE_PLUGIN(busy, PINTLE_TEXTS("org.test.busy", "busy", "1.0.0", "", "", "", "", "", "", ""),
    PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create))

int main(void) {
    const struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    const pintle_limits_t limits = {.size = sizeof limits, .workers = 1};
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigset_t alarm_alone;
    HOLDS(sigemptyset(&alarm_alone) == 0 && sigaddset(&alarm_alone, SIGALRM) == 0);
    HOLDS(sigaction(SIGALRM, &action, NULL) == 0);
    HOLDS(setitimer(ITIMER_REAL, &often, NULL) == 0);
    /* Until a signal has come at each time that matters. */
    for (int round = 0; round < 50 || closed == 0 || stopped == 0; round++) {
        pintle_host_t *host;
        pintle_instance_t instance;
        OK(pintle_host_new(&limits, &host));
        OK(pintle_host_add(host, &pintle_entry_busy, NULL, &instance));
        current = host;
        OK(pintle_host_run(host));
        OK(pintle_host_free(host));
    }
    HOLDS(setitimer(ITIMER_REAL, &never, NULL) == 0);
    IS(0, unexpected);
    return 0;
}
