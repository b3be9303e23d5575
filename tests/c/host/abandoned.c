/* A plugin whose worker does not return is abandoned, and its host can be freed all the same. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <semaphore.h>

#include "check.h"

static sem_t begun;
static sem_t released;
static sem_t over;

static int32_t create(pintle_plugin_t *plugin, const pintle_create_t *args) {
    const uint32_t slow[] = {1};
    (void)args;
    return pintle_service_declare(plugin, 7, slow, 1);
}

static int32_t slow_request(pintle_plugin_t *plugin, pintle_request_t request, const pintle_request_info_t *info) {
    size_t length = 0;
    sem_post(&begun);
    sem_wait(&released);
    /* It was abandoned meanwhile: its calls are refused, and nothing else happens. */
    IS(PINTLE_E_CLOSED, pintle_message_length(plugin, info->message, &length));
    IS(PINTLE_E_CLOSED, pintle_service_exception(plugin, request, 1, NULL, 0));
    sem_post(&over);
    return PINTLE_OK;
}

PINTLE_PLUGIN(stubborn,
              PINTLE_TEXTS("org.pintle.test.stubborn", "Stubborn", "1", "Pintle", "Does not return", "MIT", "", "",
                           "", "7"),
              PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(create, create), PINTLE_ON(slow_request, slow_request))

int main(void) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_host_t *host = NULL;
    pintle_plugin_t *zero = NULL;
    pintle_instance_t instance;
    pintle_socket_t socket;
    pintle_session_t session;
    pintle_message_t message;
    pintle_receipt_t receipt = {sizeof receipt};
    pintle_error_t error = {sizeof error, 0, 0, 0, {0}};

    OK(sem_init(&begun, 0, 0));
    OK(sem_init(&released, 0, 0));
    OK(sem_init(&over, 0, 0));
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_log_sink(host, NULL, NULL));
    OK(pintle_host_self(host, &zero));
    OK(pintle_host_add(host, &pintle_entry_stubborn, NULL, &instance));
    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_session_create(zero, socket, NULL, &session));
    OK(pintle_message_acquire(zero, 1, &message));
    const pintle_request_options_t options = {sizeof options, 7, 1, 0, 1, message};
    OK(pintle_session_request(zero, session, &options));
    OK(pintle_host_poll(host, 0));
    sem_wait(&begun);

    IS(PINTLE_E_TIMEOUT, pintle_host_unload(host, instance, 1, &receipt));
    IS(PINTLE_OUTCOME_ABANDONED, (int32_t)receipt.outcome);
    OK(pintle_host_last_error(host, &error));
    IS(PINTLE_E_TIMEOUT, error.code);
    OK(pintle_host_receipt(host, instance, &receipt));
    IS(PINTLE_OUTCOME_ABANDONED, (int32_t)receipt.outcome);
    OK(pintle_host_free(host));
    sem_post(&released);
    sem_wait(&over);
    return 0;
}
