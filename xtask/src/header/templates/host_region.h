
/* -------------------------------------------------------------------------------------------------
 * The memory of a freestanding kernel, as a constant.
 */

/**
 * How many bytes of memory a kernel with these limits takes at most: the size of a static array, which
 * is to be aligned to 64. The arguments are the members of pintle_limits_t behind `size`, in their
 * order; 0 stands for the default there as here. One list does for both:
 *
 *     #define LIMITS 4, 1, 8, 2, 2, 8, 4, 32, 128, 4, 1024, 1, 1, 16, 8, 1, 8, PINTLE_NO_WORKERS, 8, 2
 *
 *     static const pintle_limits_t limits = {sizeof(pintle_limits_t), LIMITS};
 *     static _Alignas(64) unsigned char region[PINTLE_REGION_SIZE(LIMITS)];
 *
 * A kernel that was built without its feature `services`, `timers`, `io` or `offers` takes no memory for them: say
 * so by defining PINTLE_WITHOUT_SERVICES, PINTLE_WITHOUT_TIMERS, PINTLE_WITHOUT_IO or
 * PINTLE_WITHOUT_OFFERS.
 */
#define PINTLE_REGION_SIZE(...) PINTLE_REGION_(__VA_ARGS__)

/* From here on: how PINTLE_REGION_SIZE does it. */

#define PINTLE_OR_(value, other) ((size_t)((value) == 0 ? (other) : (value)))
#define PINTLE_LINE_ (sizeof(void *) == 8 ? (size_t)64 : (size_t)8)
#define PINTLE_LINES_(bytes) (((size_t)(bytes) + PINTLE_LINE_ - 1) / PINTLE_LINE_ * PINTLE_LINE_)
#define PINTLE_PIECE_(wide, narrow, count) \
    PINTLE_LINES_((size_t)(sizeof(void *) == 8 ? wide : narrow) * (count))
#define PINTLE_PAYLOAD_(count, bytes) \
    PINTLE_LINES_((count) * ((bytes) < 64 ? ((bytes) + 7) / 8 * 8 : PINTLE_LINES_(bytes)))

#ifdef PINTLE_WITHOUT_SERVICES
#define PINTLE_SERVICES_(count) ((size_t)0)
#else
#define PINTLE_SERVICES_(count) (count)
#endif
#ifdef PINTLE_WITHOUT_TIMERS
#define PINTLE_TIMERS_(count) ((size_t)0)
#else
#define PINTLE_TIMERS_(count) (count)
#endif
#ifdef PINTLE_WITHOUT_IO
#define PINTLE_WATCHES_(count) ((size_t)0)
#else
#define PINTLE_WATCHES_(count) (count)
#endif
#ifdef PINTLE_WITHOUT_OFFERS
#define PINTLE_OFFERS_(count) ((size_t)0)
#else
#define PINTLE_OFFERS_(count) (count)
#endif

/* With the defaults filled in: */
#define PINTLE_REGION_(plugins, sockets, sessions, channels, services, requests, per_session, messages, \
                       message_bytes, large_messages, large_bytes, worker_messages, worker_large, tasks, \
                       timers, watches, inbox, workers, depth, offers) \
    PINTLE_REGION_FULL_( \
        PINTLE_OR_(plugins, 32) + 1, PINTLE_OR_(sockets, 16), PINTLE_OR_(sessions, 1024), \
        PINTLE_OR_(channels, 8), PINTLE_SERVICES_(PINTLE_OR_(services, 32)), \
        PINTLE_SERVICES_(PINTLE_OR_(requests, 1024)), PINTLE_OR_(messages, 1024), \
        PINTLE_OR_(message_bytes, 2048), PINTLE_OR_(large_messages, 128), PINTLE_OR_(large_bytes, 65536), \
        PINTLE_OR_(worker_messages, 128), PINTLE_OR_(worker_large, 32), PINTLE_OR_(tasks, 1024), \
        PINTLE_TIMERS_(PINTLE_OR_(timers, 256)), PINTLE_WATCHES_(PINTLE_OR_(watches, 1024)), \
        ((inbox) == PINTLE_NO_INBOX ? (size_t)0 : (size_t)(inbox)), \
        ((workers) == PINTLE_NO_WORKERS ? (size_t)1 : PINTLE_OR_(workers, 2)), PINTLE_OR_(depth, 32), \
        PINTLE_OFFERS_(PINTLE_OR_(offers, 32)))

#define PINTLE_REGION_FULL_(records, sockets, sessions, channels, services, requests, messages, \
                            message_bytes, large_messages, large_bytes, worker_messages, worker_large, \
                            tasks, timers, watches, inbox, workers, depth, offers) \
    (PINTLE_PIECE_(2144, 848, 1) + PINTLE_PIECE_(16, 16, depth) + \
     PINTLE_PIECE_(504, 320, records) + \
     PINTLE_REGION_MESSAGES_(records, (messages) + (large_messages) + (worker_messages) + (worker_large)) + \
     PINTLE_PAYLOAD_(messages, message_bytes) + PINTLE_PAYLOAD_(large_messages, large_bytes) + \
     PINTLE_PAYLOAD_(worker_messages, message_bytes) + PINTLE_PAYLOAD_(worker_large, large_bytes) + \
     PINTLE_PIECE_(320, 304, sockets) + PINTLE_PIECE_(1, 1, (sockets) * (channels)) + \
     PINTLE_PIECE_(136, 104, sessions) + PINTLE_PIECE_(1, 1, (sessions) * (channels)) + \
     PINTLE_PIECE_(8, 4, (sessions) * (records)) + PINTLE_PIECE_(16, 16, inbox) + \
     PINTLE_PIECE_(16, 16, services) + PINTLE_PIECE_(64, 64, services) + \
     PINTLE_PIECE_(352, 144, requests) + PINTLE_PIECE_(48, 32, tasks) + \
     PINTLE_PIECE_(64, 48, timers) + PINTLE_PIECE_(4, 4, timers) + PINTLE_PIECE_(40, 24, watches) + \
     PINTLE_PIECE_(32, 24, offers) + \
     PINTLE_PIECE_(32, 24, workers) + \
     PINTLE_PIECE_(248, 72, (depth) + (workers) + 2))

#define PINTLE_REGION_MESSAGES_(records, all) \
    (PINTLE_PIECE_(64, 52, all) + 2 * PINTLE_PIECE_(4, 2, (records) * (all)) + PINTLE_PIECE_(16, 12, all))
