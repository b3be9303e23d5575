/* Lines for the console. The freestanding library has no names of statuses, so they are here. */
#include "tell.h"

#include <string.h>

#define NAME(name) {PINTLE_##name, #name}

static const struct {
    int32_t code;
    const char *name;
} statuses[] = {
    NAME(OK), NAME(CONSUMED), NAME(PENDING), NAME(E_ARGUMENT), NAME(E_HANDLE), NAME(E_STALE), NAME(E_KIND),
    NAME(E_FOREIGN), NAME(E_STATE), NAME(E_WRONG_THREAD), NAME(E_NOT_OWNER), NAME(E_REENTRANT), NAME(E_CAPACITY),
    NAME(E_AGAIN), NAME(E_CLOSED), NAME(E_POISONED), NAME(E_NOT_FOUND), NAME(E_UNSUPPORTED), NAME(E_PERMISSION),
    NAME(E_SEALED), NAME(E_UNDERFLOW), NAME(E_EXISTS), NAME(E_CANCELLED), NAME(E_PANIC), NAME(E_TIMEOUT), NAME(E_IO),
};

int32_t pintle_status_name(int32_t code, pintle_text_t *name) {
    for (size_t at = 0; at < sizeof statuses / sizeof statuses[0]; at++) {
        if (statuses[at].code == code) {
            name->data = statuses[at].name;
            name->length = strlen(name->data);
            return PINTLE_OK;
        }
    }
    return PINTLE_E_NOT_FOUND;
}

const char *tell_status(int32_t status) {
    static char number[12];
    pintle_text_t name;
    if (pintle_status_name(status, &name) == PINTLE_OK) {
        return name.data;
    }
    snprintf(number, sizeof number, "%d", (int)status);
    return number;
}

void tell(const char *what, int32_t status) {
    printf("    %s: %s\n", what, tell_status(status));
}

void tell_whether(const char *what, bool holds) {
    printf("    %s: %s\n", what, holds ? "yes" : "NO");
}

void tell_receipt(const char *name, const pintle_receipt_t *receipt) {
    static const char *const outcomes[] = {"live", "stopped", "forced", "abandoned"};
    printf("    %s: %s%s; left: messages %u, sockets %u, sessions %u, requests %u, tasks %u, timers %u, watches %u\n",
           name, outcomes[receipt->outcome], receipt->poisoned ? ", poisoned" : "", (unsigned)receipt->messages,
           (unsigned)receipt->sockets, (unsigned)receipt->sessions, (unsigned)receipt->requests,
           (unsigned)receipt->tasks, (unsigned)receipt->timers, (unsigned)receipt->watches);
}

void tell_log(void *context, uint32_t level, const char *instance, size_t instance_length, const char *target,
              size_t target_length, const char *text, size_t text_length) {
    (void)context;
    (void)level;
    (void)target;
    (void)target_length;
    if (instance_length > 0) {
        printf("    log %.*s: %.*s\n", (int)instance_length, instance, (int)text_length, text);
    }
}
