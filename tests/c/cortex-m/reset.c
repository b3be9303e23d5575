/* Where a Cortex-M begins, and where it ends when something is wrong. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t stack;
void initialise_monitor_handles(void);
void _fini(void);
int main(void);

void _fini(void) {}

void reset(void);
void reset(void) {
    initialise_monitor_handles();
    exit(main());
}

static void fault(void) {
    _Exit(99);
}

/* The handler of `svc`, if the program has one. */
void on_call(void);
__attribute__((weak, alias("fault"))) void on_call(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    void (*handlers[11])(void);
} vectors = {&stack, {reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, on_call}};
