/* Messages without handles, references, domains or walls: what a careful C programmer would write by hand. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

typedef struct bench_floor_pool_t bench_floor_pool_t;
typedef struct bench_floor_message_t bench_floor_message_t;

typedef struct bench_floor_t {
    int32_t (*acquire)(bench_floor_pool_t *pool, size_t capacity, bench_floor_message_t **out);
    int32_t (*release)(bench_floor_pool_t *pool, bench_floor_message_t *message);
    int32_t (*write)(bench_floor_pool_t *pool, bench_floor_message_t *message, const uint8_t *data, size_t length);
    int32_t (*read)(bench_floor_pool_t *pool, bench_floor_message_t *message, uint8_t *data, size_t length);
    int32_t (*length)(bench_floor_pool_t *pool, bench_floor_message_t *message, size_t *out);
    bench_floor_pool_t *pool;
} bench_floor_t;

#endif
