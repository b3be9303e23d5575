/* An interface that three plugins know: whoever publishes it, and two that find it. */
#ifndef PRICES_H
#define PRICES_H

#include <pintle/plugin.h>

#define PRICES_ID "org.test.prices/1"

/** `org.test.prices/1` */
typedef struct prices {
    /** `sizeof` this table. */
    uint32_t size;
    /** Zero. */
    uint32_t reserved;
    /** The price of a symbol. PINTLE_E_NOT_FOUND: there is none. */
    int32_t (*price)(pintle_plugin_t *publisher, uint32_t symbol, uint64_t *out);
} prices;

#endif
