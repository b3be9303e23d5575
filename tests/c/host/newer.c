/* A host on an operating system, of a later minor version than its library. */
#include "newer.h"

static pintle_host_t *host;

static void told(int32_t code, const char *text) {
    pintle_error_t error = {.size = sizeof error};
    OK(pintle_host_last_error(host, &error));
    IS(code, error.code);
    HOLDS(error.length == strlen(text) && memcmp(error.text, text, error.length) == 0);
}

static int32_t begin_and_end(const pintle_limits_t *limits) {
    pintle_host_t *one = NULL;
    const int32_t status = pintle_host_new(limits, &one);
    if (status == PINTLE_OK) {
        OK(pintle_host_free(one));
    }
    return status;
}

static int32_t add_and_unload(const pintle_add_options_t *options) {
    pintle_instance_t instance = {0};
    const int32_t status = pintle_host_add(host, &pintle_entry_quiet, options, &instance);
    if (status == PINTLE_OK) {
        OK(pintle_host_unload(host, instance, PINTLE_NEVER, NULL));
    }
    HOLDS((instance.bits != 0) == (status == PINTLE_OK));
    return status;
}

int main(void) {
    pintle_limits_t limits = {.workers = PINTLE_NO_WORKERS, .sessions = 5};
    pintle_add_options_t options = {.config = {"ok", 2}};
    const pintle_callbacks_t callbacks = {.size = sizeof callbacks, .later = never};
    pintle_limits_t in_force;
    pintle_receipt_t receipt;
    pintle_error_t error;
    pintle_inspection_t inspection;
    pintle_inspected_t *inspected;
    pintle_instance_t instance = {0};

    PASSED(pintle_limits_t, limits, begin_and_end(&limits));
    OK(pintle_host_new(&limits, &host));
    OK(pintle_host_self(host, &zero));
    OK(pintle_host_callbacks(host, &callbacks, NULL));
    HOLDS(!PINTLE_HAS(zero, pintle_plugin_t, later));
    PASSED(pintle_add_options_t, options, add_and_unload(&options));
    FILLED(pintle_limits_t, in_force, pintle_host_limits(host, &in_force));
    HOLDS(in_force.sessions == 5 && in_force.depth == 32);
    FILLED(pintle_error_t, error, pintle_host_last_error(host, &error));
    HOLDS(error.code == PINTLE_E_ARGUMENT && error.length > 0);
    FILLED(pintle_error_t, error, pintle_error_last(zero, &error));

    OK(pintle_inspect("/", 1, &inspected));
    FILLED(pintle_inspection_t, inspection, pintle_inspected_read(inspected, &inspection));
    HOLDS(inspection.finding_count == 1);
    OK(pintle_inspected_free(inspected));

    OK(pintle_host_add(host, &pintle_entry_quiet, &options, &instance));
    FILLED(pintle_receipt_t, receipt, pintle_host_receipt(host, instance, &receipt));
    IS(PINTLE_OUTCOME_LIVE, (int32_t)receipt.outcome);
    /* A receipt that has no room is refused before anything ends. */
    receipt.size = FIRST(pintle_receipt_t) - 1;
    IS(PINTLE_E_ARGUMENT, pintle_host_unload(host, instance, PINTLE_NEVER, &receipt));
    memset(&receipt, 0xab, sizeof receipt);
    receipt.size = sizeof receipt;
    OK(pintle_host_unload(host, instance, PINTLE_NEVER, &receipt));
    HOLDS(receipt.size == FIRST(pintle_receipt_t) && UNTOUCHED(receipt));
    HOLDS(receipt.outcome == PINTLE_OUTCOME_STOPPED && receipt.reason_length == 0);
    OK(pintle_host_free(host));
    return 0;
}
