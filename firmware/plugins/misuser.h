/* Counts of the calls of a plugin that does everything wrong. */
#ifndef MISUSER_H
#define MISUSER_H

#include <pintle/plugin.h>

/** Its service, which never answers a request. */
#define MISUSER_SERVICE UINT32_C(0x20000001)

#ifdef __cplusplus
extern "C" {
#endif

/** How many calls it made that are wrong. */
extern uint32_t misuser_calls;
/** How many of them were answered with PINTLE_OK. */
extern uint32_t misuser_accepted;

#ifdef __cplusplus
}
#endif

#endif
