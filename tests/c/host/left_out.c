/* A firmware whose kernel leaves features out: HAS_SERVICES, HAS_TIMERS, HAS_IO, HAS_OFFERS and HAS_LOG_TEXT say which it has. */
#if !HAS_SERVICES
#define PINTLE_WITHOUT_SERVICES
#endif
#if !HAS_TIMERS
#define PINTLE_WITHOUT_TIMERS
#endif
#if !HAS_IO
#define PINTLE_WITHOUT_IO
#endif
#if !HAS_OFFERS
#define PINTLE_WITHOUT_OFFERS
#endif
#include <pintle/host.h>

#include "check.h"

#define LIMITS 2, 1, 2, 1, 4, 8, 2, 8, 64, 1, 64, 1, 1, 4, 8, 8, 2, PINTLE_NO_WORKERS, 8, 2
#define WHERE(has) ((has) ? PINTLE_OK : PINTLE_E_UNSUPPORTED)

static const pintle_limits_t limits = {sizeof(pintle_limits_t), LIMITS};
static _Alignas(64) unsigned char region[PINTLE_REGION_SIZE(LIMITS)];
static uint64_t time_now;
static uint32_t tasks;
static uint32_t timers;
static uint32_t lines;
static size_t words;

static uint64_t now(void *context) {
    (void)context;
    return time_now;
}

static void write_line(void *context, uint32_t level, const char *instance, size_t instance_length,
                       const char *target, size_t target_length, const char *text, size_t text_length) {
    (void)context;
    (void)level;
    (void)instance;
    (void)instance_length;
    (void)target;
    (void)target_length;
    (void)text;
    lines++;
    words += text_length;
}

static int32_t watch(void *context, intptr_t fd, uint32_t interest, uint64_t number) {
    (void)context;
    (void)fd;
    (void)interest;
    (void)number;
    return PINTLE_OK;
}

static int32_t task(pintle_plugin_t *plugin, void *data, pintle_message_t message) {
    (void)plugin;
    (void)data;
    (void)message;
    tasks++;
    return PINTLE_E_STATE;
}

static int32_t timer(pintle_plugin_t *plugin, void *data, pintle_timer_t self) {
    (void)plugin;
    (void)data;
    (void)self;
    timers++;
    return PINTLE_OK;
}

/* docs/flow.md 1.5 */
int main(void) {
    const pintle_platform_t platform = {
        sizeof platform, 0, NULL, now, NULL, NULL, NULL, NULL, NULL, write_line, watch, NULL, NULL, NULL};
    const uint32_t modes[] = {PINTLE_MODE_RELIABLE};
    const uint32_t slow[] = {1};
    const uint8_t byte = 1;
    const pintle_request_t no_request = {0};
    const pintle_message_t no_message = {0};
    const void *io = NULL;
    const void *offers = NULL;
    pintle_core_t *core = NULL;
    pintle_plugin_t *zero = NULL;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_message_t message;
    pintle_timer_t started = {0};
    pintle_instance_t instance;
    pintle_limits_t told = {sizeof told};
    pintle_error_t error = {sizeof error};
    uint64_t deadline = 0;
    size_t size = 0;

    OK(pintle_core_region_size(&limits, &size));
    HOLDS(size <= sizeof region);
    OK(pintle_core_start(region, sizeof region, &limits, &platform, 1, &core));
    OK(pintle_core_self(core, &zero));
    OK(pintle_core_limits(core, &told));
    HOLDS((told.requests != 0) == HAS_SERVICES && (told.services != 0) == HAS_SERVICES);
    HOLDS((told.timers != 0) == HAS_TIMERS && (told.watches != 0) == HAS_IO);
    HOLDS((told.offers != 0) == HAS_OFFERS);

    /* What every kernel has. */
    OK(pintle_socket_open(zero, modes, 1, &socket));
    OK(pintle_session_create(zero, socket, NULL, &session));
    OK(pintle_message_acquire(zero, 8, &message));
    OK(pintle_message_write(zero, message, &byte, 1));
    OK(pintle_session_receive(zero, session, 0, message));
    OK(pintle_executor_submit(zero, task, NULL, no_message));

    IS(WHERE(HAS_SERVICES), pintle_service_declare(zero, 7, slow, 1));
    IS(HAS_SERVICES ? PINTLE_E_HANDLE : PINTLE_E_UNSUPPORTED, pintle_service_result(zero, no_request, message));
    IS(HAS_SERVICES ? PINTLE_E_ARGUMENT : PINTLE_E_UNSUPPORTED,
       pintle_service_exception(zero, no_request, 0, NULL, 0));
    IS(HAS_SERVICES ? PINTLE_E_HANDLE : PINTLE_E_UNSUPPORTED, pintle_service_done(zero, no_request));
    IS(HAS_SERVICES ? PINTLE_E_HANDLE : PINTLE_E_UNSUPPORTED, pintle_service_is_cancelled(zero, no_request));
    IS(HAS_SERVICES ? PINTLE_E_HANDLE : PINTLE_E_UNSUPPORTED, pintle_service_drop_current(zero, no_request));
    IS(HAS_SERVICES ? PINTLE_E_NOT_FOUND : PINTLE_E_UNSUPPORTED,
       pintle_session_request(zero, session, &(pintle_request_options_t){sizeof(pintle_request_options_t), 8, 1, 0, 1, message}));
    IS(HAS_SERVICES ? PINTLE_E_NOT_FOUND : PINTLE_E_UNSUPPORTED, pintle_session_cancel(zero, session, 1));

    IS(WHERE(HAS_TIMERS), pintle_executor_start_timer(zero, 5, 0, timer, NULL, &started));
    OK(pintle_core_turn(core));
    HOLDS(tasks == 1 && timers == 0);
    OK(pintle_core_next_deadline(core, &deadline));
    HOLDS(deadline == (HAS_TIMERS ? 5 : PINTLE_NEVER));
    time_now = 5;
    OK(pintle_core_turn(core));
    HOLDS(timers == HAS_TIMERS);
    IS(HAS_TIMERS ? PINTLE_E_STALE : PINTLE_E_UNSUPPORTED, pintle_executor_cancel_timer(zero, started));

    IS(WHERE(HAS_IO), pintle_extension(zero, PINTLE_IO_ID, strlen(PINTLE_IO_ID), &io));
    IS(WHERE(HAS_OFFERS), pintle_extension(zero, PINTLE_OFFER_ID, strlen(PINTLE_OFFER_ID), &offers));
    IS(WHERE(HAS_IO), pintle_core_ready(core, 0, PINTLE_IO_READABLE));

    /* The kernel's words about the task's error, and about an entry that is none; a plugin's own line. */
    HOLDS(lines == HAS_LOG_TEXT && (words != 0) == HAS_LOG_TEXT);
    IS(PINTLE_E_ARGUMENT, pintle_core_add(core, NULL, NULL, &instance));
    OK(pintle_error_last(zero, &error));
    HOLDS(error.code == PINTLE_E_ARGUMENT && (error.length != 0) == HAS_LOG_TEXT);
    words = 0;
    OK(pintle_log_write(zero, PINTLE_LOG_INFO, NULL, 0, "own", 3));
    HOLDS(words == 3);
    OK(pintle_error_set(zero, 5, "own", 3));
    OK(pintle_error_last(zero, &error));
    HOLDS(error.length == 3);

    OK(pintle_session_destroy(zero, session));
    OK(pintle_socket_close(zero, socket));
    OK(pintle_message_release(zero, message));
    printf("%zu %zu\n", size, sizeof region);
    return 0;
}
