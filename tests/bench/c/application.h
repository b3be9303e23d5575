/* An application in C: what every peer of the Python and Node bindings calls. One function for each thing that is
 * measured, so that no peer crosses into C more than once for it; each image that links it has a host of its own.
 *
 * What is not negative is a result; what is, is minus a status. A message goes by a number as long as a handle: handles
 * themselves outgrow the numbers of JavaScript after two million messages. */
#ifndef BENCH_APPLICATION_H
#define BENCH_APPLICATION_H

#include <stddef.h>
#include <stdint.h>

/* The handles that the calls take. */
typedef struct bench_handles_t {
    /* A session whose owner, a plugin, takes what is sent and drops it. */
    uint64_t session;
    /* A session of the application's. */
    uint64_t own;
    /* A message of 64 bytes. */
    uint64_t message;
} bench_handles_t;

/* Starts the host, loads the two plugins and fills in the handles. */
int64_t bench_start(const char *owner, const char *service, bench_handles_t *handles);

int64_t bench_nothing(void);
int64_t bench_client_id(uint64_t session);
int64_t bench_channel_mode(uint64_t session, uint32_t channel);
int64_t bench_send(uint64_t session, uint32_t channel, const uint8_t *data, size_t length);
int64_t bench_length(uint64_t message);
/* Gives the length. */
int64_t bench_view(uint64_t message, const uint8_t **data);
/* Copies it out. Gives the length. */
int64_t bench_read(uint64_t message, uint8_t *into, size_t capacity);
/* Takes the message that was sent last on the application's own session. Gives its number. */
int64_t bench_take(uint64_t own);
int64_t bench_release(uint64_t message);
/* Asks, and waits for the end of a fast request. Gives the length of its result, good until the next request. */
int64_t bench_call(uint64_t session, uint32_t service, uint32_t id, const uint8_t *data, size_t length,
                   const uint8_t **result);

#endif
