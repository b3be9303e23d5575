/* How the programs here print their results: a line for each part, and under it, indented by four blanks, its results. */
#ifndef TELL_H
#define TELL_H

#include <pintle/host.h>

#include <stdbool.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The name of a status without PINTLE_, or a number as text until the next call. */
const char *tell_status(int32_t status);

/** How a call ended. */
void tell(const char *what, int32_t status);

/** Whether something holds. */
void tell_whether(const char *what, bool holds);

/** What a plugin left behind. */
void tell_receipt(const char *name, const pintle_receipt_t *receipt);

/** A line of the log; the kernel's own are dropped. */
void tell_log(void *context, uint32_t level, const char *instance, size_t instance_length, const char *target,
              size_t target_length, const char *text, size_t text_length);

#ifdef __cplusplus
}
#endif

#endif
