/* A kernel that is filled to its limits, and the paths of it that take the lock. */
#ifndef LOCK_H
#define LOCK_H

#include <pintle/host.h>

#include <stdbool.h>

/** The threads that the platform's `thread` names. There is one processor, so one of them runs at a time. */
enum { MAIN_THREAD = 1, OTHER_THREAD, WORKER_THREAD };

/** The largest limit. */
#define MOST 64

extern pintle_core_t *core;
extern pintle_plugin_t *zero;
/** As many of each noun as there can be. */
extern uint32_t limit;
/** The number of large messages of the kernel thread, and of those of the other threads. */
#define LARGE_MESSAGES 3
/** Bytes of a large message, times the limit. */
#define LARGE 64
/** Whether there are worker threads. Without them the kernel thread runs their work in its turns. */
extern bool has_workers;

/** Runs a function as another thread would, between two instructions of the main one. */
void on_thread(uint32_t number, void (*run)(void));

/** Ends the program with the place if a call was not answered so. */
#define EXPECT(expected, call) expect(__FILE__, __LINE__, (expected), (call))
void expect(const char *file, int line, int32_t expected, int32_t answered);

/** Lets a worker do all that waits for it. */
void work(void);
/** Takes turns, and runs what waits for workers, until nothing is due. */
void settle(void);

/** One way to take the lock, with its name. */
typedef struct path_t {
    const char *name;
    void (*run)(void);
} path_t;

#define PATHS 13
extern const path_t paths[PATHS];

/* The plugin whose tasks, requests and messages fill the kernel. */

#define CROWD_SERVICE UINT32_C(0x20000001)
#define CROWD_OFFER "org.pintle.test.crowd/1"

/** The ids of its slow requests, each for what their handler does. */
enum { CROWD_ACQUIRES = 1, CROWD_RESULTS, CROWD_FAILS, CROWD_EXCEPTION, CROWD_PENDING };

/** The longest text that is given to it: longer than any that is kept. */
extern char crowd_text[256];
/** The plugin's pointer. */
extern pintle_plugin_t *crowd;
/** Its requests that are pending, the oldest first. */
extern pintle_request_t crowd_pending[MOST];
extern uint32_t crowd_pending_count;

/** Acquires all messages that this thread can have, and passes each to a function. */
uint32_t crowd_acquire(pintle_plugin_t *plugin, void (*each)(pintle_plugin_t *plugin, pintle_message_t message));
/** Fills the queue of tasks, for the kernel thread or for workers. */
uint32_t crowd_submit(pintle_plugin_t *plugin, bool to_workers);

PINTLE_DECLARE(crowd);

#endif
