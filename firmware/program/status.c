/* The names of statuses, for a console: the freestanding library has none. */
#include <pintle/host.h>

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
