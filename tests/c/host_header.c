/* host.h alone: it includes what it needs, and its types and constants can be used. */
#include <pintle/host.h>

static pintle_limits_t limits;
static pintle_add_options_t options;
static pintle_receipt_t receipt;
static pintle_platform_t platform;
static pintle_instance_t instance;

PINTLE_ASSERT_(!PINTLE_IS_ERROR(PINTLE_OK) && !PINTLE_IS_ERROR(PINTLE_PENDING) && !PINTLE_IS_ERROR(99), "no errors");
PINTLE_ASSERT_(PINTLE_IS_ERROR(100) && PINTLE_IS_ERROR(-1) && PINTLE_IS_ERROR(PINTLE_PLUGIN_FIRST), "errors");

int main(void) {
    limits.size = sizeof(limits);
    limits.workers = PINTLE_NO_WORKERS;
    limits.inbox = PINTLE_NO_INBOX;
    options.size = sizeof(options);
    receipt.size = sizeof(receipt);
    platform.size = sizeof(platform);
    return instance.bits == 1 && receipt.outcome == PINTLE_OUTCOME_LIVE ? 1 : 0;
}
