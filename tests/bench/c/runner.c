/* Runs one job inside one callback: the calls of a plugin to its host, and the same by hand. A message sent to its
 * session names the job. */
#include <pintle/plugin.h>

#include "floor.h"

typedef struct job_t {
    uint32_t kind;
    uint32_t bytes;
    uint64_t count;
    const bench_floor_t *floor;
} job_t;

enum { JOB_COPY = 1, JOB_VIEW = 2, JOB_FLOOR = 3, JOB_REQUEST = 4 };

enum { BYTES_MAX = 2048, SERVICE = 7, E_WRONG = PINTLE_PLUGIN_FIRST };

typedef struct answers_t {
    uint64_t results;
    uint64_t done;
} answers_t;

static uint8_t from[BYTES_MAX];
static uint8_t to[BYTES_MAX];

#define TRY(call) do { int32_t status_ = (call); if (status_ != PINTLE_OK) return status_; } while (0)

static int32_t run_copy(pintle_plugin_t *plugin, const job_t *job) {
    for (uint64_t round = 0; round < job->count; round++) {
        pintle_message_t message;
        size_t length;
        TRY(pintle_message_acquire(plugin, job->bytes, &message));
        TRY(pintle_message_write(plugin, message, from, job->bytes));
        TRY(pintle_message_length(plugin, message, &length));
        TRY(pintle_message_read(plugin, message, to, length));
        TRY(pintle_message_release(plugin, message));
    }
    return PINTLE_OK;
}

static int32_t run_view(pintle_plugin_t *plugin, const job_t *job) {
    unsigned sum = 0;
    for (uint64_t round = 0; round < job->count; round++) {
        pintle_message_t message;
        pintle_bytes_t bytes;
        TRY(pintle_message_acquire(plugin, job->bytes, &message));
        TRY(pintle_message_write(plugin, message, from, job->bytes));
        TRY(pintle_message_view(plugin, message, &bytes));
        sum += (unsigned)bytes.data[0] + bytes.data[bytes.length - 1];
        TRY(pintle_message_release(plugin, message));
    }
    return sum == 0 ? PINTLE_OK : E_WRONG;
}

static int32_t run_floor(const job_t *job) {
    const bench_floor_t *floor = job->floor;
    for (uint64_t round = 0; round < job->count; round++) {
        bench_floor_message_t *message;
        size_t length;
        TRY(floor->acquire(floor->pool, job->bytes, &message));
        TRY(floor->write(floor->pool, message, from, job->bytes));
        TRY(floor->length(floor->pool, message, &length));
        TRY(floor->read(floor->pool, message, to, length));
        TRY(floor->release(floor->pool, message));
    }
    return PINTLE_OK;
}

static int32_t run_requests(pintle_plugin_t *plugin, pintle_session_t session, const job_t *job) {
    answers_t answers = {0, 0};
    TRY(pintle_data_set(plugin, &answers));
    for (uint64_t round = 0; round < job->count; round++) {
        pintle_message_t message;
        TRY(pintle_message_acquire(plugin, job->bytes, &message));
        TRY(pintle_message_write(plugin, message, from, job->bytes));
        const pintle_request_options_t options = {sizeof options, SERVICE, 1, 0, round, message};
        TRY(pintle_session_request(plugin, session, &options));
    }
    TRY(pintle_data_set(plugin, NULL));
    return answers.results == job->count && answers.done == job->count ? PINTLE_OK : E_WRONG;
}

static int32_t session_result(pintle_plugin_t *plugin, const pintle_result_info_t *info) {
    answers_t *answers = plugin->data;
    if (info->kind == PINTLE_RESULT_RESULT) {
        answers->results++;
    } else if (info->kind == PINTLE_RESULT_DONE) {
        answers->done++;
    }
    return PINTLE_OK;
}

static int32_t session_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                            pintle_message_t message) {
    (void)channel;
    job_t job;
    TRY(pintle_message_read(plugin, message, (uint8_t *)&job, sizeof job));
    if (job.bytes > BYTES_MAX) {
        return PINTLE_E_ARGUMENT;
    }
    switch (job.kind) {
    case JOB_COPY:
        return run_copy(plugin, &job);
    case JOB_VIEW:
        return run_view(plugin, &job);
    case JOB_FLOOR:
        return run_floor(&job);
    case JOB_REQUEST:
        return run_requests(plugin, session, &job);
    default:
        return PINTLE_E_ARGUMENT;
    }
}

static int32_t socket_created(pintle_plugin_t *plugin, pintle_socket_t socket) {
    pintle_session_t session;
    return pintle_session_create(plugin, socket, NULL, &session);
}

PINTLE_PLUGIN(runner,
    PINTLE_TEXTS("org.pintle.bench.runner", "runner", "1.0.0", "Pintle", "", "", "", "", "", ""),
    PINTLE_FLAG_UNLOAD_SAFE,
    PINTLE_ON(socket_created, socket_created),
    PINTLE_ON(session_send, session_send),
    PINTLE_ON(session_result, session_result))
