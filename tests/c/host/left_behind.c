/* A callback that longjmp leaves: the host is lost, and says so. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <setjmp.h>

#include "check.h"

static jmp_buf back;

static int32_t leave(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin, (void)data, (void)message;
    longjmp(back, 1);
}

static void is_told(pintle_host_t *host) {
    pintle_text_t text;
    OK(pintle_host_error_text(host, &text));
    const char *const expected = "task of ";
    HOLDS(text.length > strlen(expected));
    char *copy = malloc(text.length + 1);
    HOLDS(copy != NULL);
    memcpy(copy, text.data, text.length);
    copy[text.length] = 0;
    HOLDS(strstr(copy, expected) != NULL && strstr(copy, "has not returned") != NULL);
    HOLDS(strstr(copy, "longjmp") != NULL);
    free(copy);
}

int main(void) {
    static pintle_host_t *host;
    pintle_plugin_t *zero;
    const pintle_message_t none = {0};
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    OK(pintle_executor_submit(zero, leave, NULL, none));
    if (setjmp(back) == 0) {
        (void)pintle_host_poll(host, 0);
        HOLDS(0);
    }
    IS(PINTLE_E_REENTRANT, pintle_host_poll(host, 0));
    is_told(host);
    IS(PINTLE_E_REENTRANT, pintle_host_free(host));
    is_told(host);
    return 0;
}
