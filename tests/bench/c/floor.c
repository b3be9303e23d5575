#include "floor.h"

#include <string.h>

enum { MESSAGES = 1024, CAPACITY = 2048 };

struct bench_floor_message_t {
    bench_floor_message_t *next;
    size_t length;
    size_t position;
    uint8_t bytes[CAPACITY];
};

struct bench_floor_pool_t {
    bench_floor_message_t *free;
    size_t used;
    bench_floor_message_t messages[MESSAGES];
};

static int32_t acquire(bench_floor_pool_t *pool, size_t capacity, bench_floor_message_t **out) {
    if (capacity > CAPACITY || !out) {
        return 1;
    }
    bench_floor_message_t *message = pool->free;
    if (message) {
        pool->free = message->next;
    } else if (pool->used < MESSAGES) {
        message = &pool->messages[pool->used++];
    } else {
        return 2;
    }
    message->length = 0;
    message->position = 0;
    *out = message;
    return 0;
}

static int32_t release(bench_floor_pool_t *pool, bench_floor_message_t *message) {
    message->next = pool->free;
    pool->free = message;
    return 0;
}

static int32_t write(bench_floor_pool_t *pool, bench_floor_message_t *message, const uint8_t *data, size_t length) {
    (void)pool;
    if (length > CAPACITY - message->length) {
        return 1;
    }
    memcpy(message->bytes + message->length, data, length);
    message->length += length;
    return 0;
}

static int32_t read(bench_floor_pool_t *pool, bench_floor_message_t *message, uint8_t *data, size_t length) {
    (void)pool;
    if (length > message->length - message->position) {
        return 1;
    }
    memcpy(data, message->bytes + message->position, length);
    message->position += length;
    return 0;
}

static int32_t length(bench_floor_pool_t *pool, bench_floor_message_t *message, size_t *out) {
    (void)pool;
    if (!out) {
        return 1;
    }
    *out = message->length;
    return 0;
}

static bench_floor_pool_t pool;

__attribute__((visibility("default"))) extern const bench_floor_t bench_floor;
const bench_floor_t bench_floor = {acquire, release, write, read, length, &pool};
