/* A program that fetches what plugins do: messages of a real one, everyone who is made to wait, and ends. */
#include "fetching.h"

#include <pthread.h>

static void *elsewhere(void *unused) {
    pintle_timer_t timer;
    size_t count = 0;
    (void)unused;
    IS(PINTLE_E_WRONG_THREAD, pintle_mailbox_open(host, NULL));
    IS(PINTLE_E_WRONG_THREAD, pintle_mailbox_fetch(host, events, sizeof events[0], BATCH, &count));
    IS(PINTLE_E_WRONG_THREAD, pintle_mailbox_start_timer(host, 0, 0, 0, &timer));
    IS(PINTLE_E_WRONG_THREAD, pintle_host_poll(host, 0));
    return NULL;
}

static void refusals(void) {
    pintle_mailbox_options_t options = {sizeof options, 0};
    pintle_instance_t instance;
    pintle_timer_t timer;
    pthread_t thread;
    size_t count = 99;
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_open(NULL, NULL));
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_fetch(NULL, events, sizeof events[0], BATCH, &count));
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_start_timer(NULL, 0, 0, 0, &timer));

    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    IS(PINTLE_E_STATE, pintle_mailbox_fetch(host, events, sizeof events[0], BATCH, &count));
    IS(PINTLE_E_STATE, pintle_mailbox_start_timer(host, 0, 0, 0, &timer));
    options.size--;
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_open(host, &options));
    OK(pintle_host_add(host, &pintle_entry_talker, NULL, &instance));
    IS(PINTLE_E_STATE, pintle_mailbox_open(host, NULL));
    OK(pintle_host_unload(host, instance, UINT64_C(5000000000), NULL));
    OK(pintle_mailbox_open(host, NULL));
    IS(PINTLE_E_STATE, pintle_mailbox_open(host, NULL));

    IS(PINTLE_E_ARGUMENT, pintle_mailbox_fetch(host, NULL, sizeof events[0], 1, &count));
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_fetch(host, events, sizeof events[0] - 1, BATCH, &count));
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_fetch(host, events, sizeof events[0], SIZE_MAX / 2, &count));
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_fetch(host, events, sizeof events[0], BATCH, NULL));
    HOLDS(count == 99);
    OK(pintle_mailbox_fetch(host, NULL, sizeof events[0], 0, &count));
    HOLDS(count == 0);
    IS(PINTLE_E_ARGUMENT, pintle_mailbox_start_timer(host, 0, 0, 0, NULL));
    OK(pthread_create(&thread, NULL, elsewhere, NULL));
    OK(pthread_join(thread, NULL));
    OK(pintle_host_free(host));
}

/* docs/flow.md 16.1, 16.2, 16.5, 16.6 */
/* However fast a peer is, no more than the capacity waits; what it was refused it hands in when it hears of room. */
static void talking(void) {
    start(NULL, CAPACITY);
    const pintle_socket_t socket = listen("talk:1000");
    HOLDS(expect(PINTLE_EVENT_SESSION_CREATED)->session.bits == peer.bits);
    HOLDS(next == CAPACITY);
    for (uint32_t taken = 0; taken < last;) {
        const size_t count = fetch(3);
        for (size_t at = 0; at < count; at++, taken++) {
            IS(PINTLE_EVENT_MESSAGE_IN, (int32_t)events[at].kind);
            HOLDS(events[at].session.bits == peer.bits && events[at].channel == 0);
            holds(events[at].message, &taken, sizeof taken);
        }
        HOLDS(next - taken <= CAPACITY);
        OK(pintle_host_poll(host, 0));
    }
    HOLDS(fetch(BATCH) == 0);
    OK(pintle_socket_close(zero, socket));
    HOLDS(expect(PINTLE_EVENT_SESSION_DESTROYED)->session.bits == peer.bits);
    OK(pintle_host_free(host));
}

/* docs/flow.md 16.5 */
/* Who names no capacity has one of 64. */
static void unasked(void) {
    start(NULL, 0);
    listen("talk:1000");
    HOLDS(next == 64);
    OK(pintle_host_free(host));
}

/* docs/flow.md 16.8, 16.11 */
/* A peer that goes away leaves its messages, then the news of its end. One that nobody ever heard of leaves nothing. */
static void going_away(void) {
    start(NULL, 0);
    listen("talk:3");
    IS(PINTLE_OK, send(peer, "bye"));
    IS(PINTLE_E_STALE, send(peer, "bye"));
    HOLDS(fetch(BATCH) == 5);
    IS(PINTLE_EVENT_SESSION_CREATED, (int32_t)events[0].kind);
    for (uint32_t at = 1; at < 4; at++) {
        const uint32_t number = at - 1;
        IS(PINTLE_EVENT_MESSAGE_IN, (int32_t)events[at].kind);
        HOLDS(events[at].session.bits == peer.bits);
        holds(events[at].message, &number, sizeof number);
    }
    IS(PINTLE_EVENT_SESSION_DESTROYED, (int32_t)events[4].kind);
    HOLDS(events[4].session.bits == peer.bits && events[4].message.bits == 0);

    for (int round = 0; round < 1000; round++) {
        const pintle_socket_t socket = listen("talk:0");
        OK(pintle_socket_close(zero, socket));
    }
    const pintle_socket_t socket = listen("talk:0");
    HOLDS(fetch(BATCH) == 1 && events[0].kind == PINTLE_EVENT_SESSION_CREATED);
    OK(pintle_socket_close(zero, socket));
    HOLDS(fetch(BATCH) == 1 && events[0].kind == PINTLE_EVENT_SESSION_DESTROYED);

    /* What waits when the host is freed goes with it. */
    listen("talk:5");
    OK(pintle_host_free(host));
}

/* docs/flow.md 16.7 */
/* Peers that come, say something and go away cannot take all of the host's messages, nor can those that stay. */
static void crowd(void) {
    start(NULL, 0);
    uint32_t accepted = 0;
    for (int round = 0; round < 2000; round++) {
        const pintle_socket_t socket = listen("talk:2");
        accepted += next;
        OK(pintle_socket_close(zero, socket));
    }
    HOLDS(accepted == 512);
    uint32_t taken = 0;
    while (fetch(1) == 1) {
        if (events[0].kind == PINTLE_EVENT_MESSAGE_IN) {
            OK(pintle_message_release(zero, events[0].message));
            taken++;
        }
    }
    HOLDS(taken == accepted);
    listen("talk:2");
    HOLDS(next == 2);
    const pintle_session_t first = peer;
    for (int round = 0; round < 15; round++) {
        listen("talk:40");
    }
    OK(send(first, "more"));
    HOLDS(next + 1 == last);
    while (fetch(1) == 1) {
        if (events[0].message.bits != 0) {
            OK(pintle_message_release(zero, events[0].message));
        }
    }
    OK(send(first, "more"));
    HOLDS(next == last);
    OK(pintle_host_free(host));
}

static uint32_t called;

static int32_t on_created(pintle_plugin_t *plugin, pintle_session_t session) {
    size_t count = 99;
    (void)session;
    HOLDS(plugin == zero);
    OK(pintle_mailbox_fetch(host, events, sizeof events[0], BATCH, &count));
    HOLDS(count == 0);
    IS(PINTLE_E_REENTRANT, pintle_host_poll(host, 0));
    called++;
    return PINTLE_OK;
}

static int32_t on_destroyed(pintle_plugin_t *plugin, pintle_session_t session, void *data) {
    (void)plugin;
    (void)session;
    (void)data;
    called++;
    return PINTLE_OK;
}

static int32_t on_message_in(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)plugin;
    (void)info;
    called++;
    return PINTLE_OK;
}

/* docs/flow.md 16.1 */
/* What there is a callback for does not come into the mailbox, whichever was given first. */
static void callbacks(void) {
    const pintle_callbacks_t some = {
        .size = sizeof some, .session_created = on_created, .session_destroyed = on_destroyed};
    const pintle_callbacks_t more = {.size = sizeof more, .message_in = on_message_in};
    start(&some, 0);
    called = 0;
    pintle_socket_t socket = listen("talk:2");
    HOLDS(called == 1);
    OK(pintle_socket_close(zero, socket));
    HOLDS(called == 2 && fetch(BATCH) == 2);
    for (int at = 0; at < 2; at++) {
        IS(PINTLE_EVENT_MESSAGE_IN, (int32_t)events[at].kind);
        OK(pintle_message_release(zero, events[at].message));
    }
    OK(pintle_host_callbacks(host, &more, NULL));
    called = 0;
    socket = listen("talk:2");
    HOLDS(called == 2 && expect(PINTLE_EVENT_SESSION_CREATED)->session.bits == peer.bits);
    OK(pintle_socket_close(zero, socket));
    expect(PINTLE_EVENT_SESSION_DESTROYED);
    OK(pintle_host_callbacks(host, &some, NULL));
    called = 0;
    listen("talk:2");
    OK(pintle_host_free(host));
    HOLDS(called == 2);
}

/* A program that was compiled with a newer header has longer events. */
static void newer(void) {
    struct {
        pintle_event_t event;
        uint64_t more;
    } longer[3];
    size_t count = 0;
    memset(longer, 0xff, sizeof longer);
    start(NULL, 0);
    listen("talk:2");
    OK(pintle_mailbox_fetch(host, &longer[0].event, sizeof longer[0], 3, &count));
    HOLDS(count == 3);
    for (uint32_t at = 0; at < 3; at++) {
        HOLDS(longer[at].event.size == sizeof longer[at].event && longer[at].more == 0);
        HOLDS(longer[at].event.session.bits == peer.bits);
    }
    holds(longer[2].event.message, &(uint32_t){1}, sizeof(uint32_t));
    OK(pintle_host_free(host));
}

int main(void) {
    refusals();
    talking();
    unasked();
    going_away();
    crowd();
    callbacks();
    newer();
    return 0;
}
