/* A host whose program fetches: messages of a real plugin, requests, timers, ends, and everyone who is made to wait. Its
 * argument is the file of echo. */
#define PINTLE_STATIC
#include <pintle/host.h>

#include <pthread.h>

#include "check.h"

#define ECHO 0x10000001
#define CAPACITY 4
#define BATCH 16

static pintle_host_t *host;
static pintle_plugin_t *zero;
static pintle_event_t events[BATCH];

/* A transport: `talk:NUMBER` has one peer that hands in as many numbers, as fast as it may. A peer that is sent "more" hands
 * in one more, and one that is sent anything else goes away. As a filter it counts what goes out to the peers of others. */
static pintle_session_t peer;
static uint32_t next;
static uint32_t last;
static uint32_t passed;

static int32_t talk(pintle_plugin_t *plugin, pintle_session_t session) {
    for (; next < last; next++) {
        pintle_message_t message;
        OK(pintle_message_acquire(plugin, sizeof next, &message));
        OK(pintle_message_write(plugin, message, (const uint8_t *)&next, sizeof next));
        const int32_t status = pintle_session_receive(plugin, session, 0, message);
        OK(pintle_message_release(plugin, message));
        if (status == PINTLE_E_AGAIN) {
            return PINTLE_OK;
        }
        OK(status);
    }
    return PINTLE_OK;
}

static int32_t talker_listening(pintle_plugin_t *plugin, pintle_socket_t socket, const char *address, size_t length) {
    char number[8] = {0};
    HOLDS(length > 5 && length < 5 + sizeof number);
    memcpy(number, address + 5, length - 5);
    OK(pintle_socket_attach(plugin, socket, NULL, 0));
    OK(pintle_session_create(plugin, socket, NULL, &peer));
    next = 0;
    last = (uint32_t)atoi(number);
    return talk(plugin, peer);
}

static int32_t talker_send(pintle_plugin_t *plugin, pintle_session_t session, uint32_t channel,
                           pintle_message_t message) {
    pintle_bytes_t bytes = {NULL, 0};
    (void)channel;
    OK(pintle_message_view(plugin, message, &bytes));
    if (bytes.length != 4 || memcmp(bytes.data, "more", 4) != 0) {
        return pintle_session_destroy(plugin, session);
    }
    last = next + 1;
    return talk(plugin, session);
}

static int32_t talker_message_out(pintle_plugin_t *plugin, const pintle_message_info_t *info) {
    (void)plugin;
    passed += info->kind == PINTLE_TRAFFIC_MESSAGE;
    return PINTLE_OK;
}

PINTLE_PLUGIN(talker,
              PINTLE_TEXTS("org.pintle.test.talker", "Talker", "1", "Pintle", "Talks", "MIT", "", "", "", ""),
              PINTLE_FLAG_MULTI_INSTANCE, PINTLE_ON(socket_listening, talker_listening),
              PINTLE_ON(session_send, talker_send), PINTLE_ON(message_out, talker_message_out),
              PINTLE_ON(session_writable, talk))

static size_t fetch(size_t capacity) {
    size_t count = 99;
    OK(pintle_mailbox_fetch(host, events, sizeof events[0], capacity, &count));
    HOLDS(count <= capacity);
    for (size_t at = 0; at < count; at++) {
        HOLDS(events[at].size == sizeof events[at]);
    }
    return count;
}

/* The next event, which the host polls for. */
static const pintle_event_t *expect(uint32_t kind) {
    while (fetch(1) == 0) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
    }
    IS((int32_t)kind, (int32_t)events[0].kind);
    return &events[0];
}

static void holds(pintle_message_t message, const void *expected, size_t length) {
    pintle_bytes_t bytes = {NULL, 0};
    OK(pintle_message_view(zero, message, &bytes));
    HOLDS(bytes.length == length && memcmp(bytes.data, expected, length) == 0);
    OK(pintle_message_release(zero, message));
}

static pintle_message_t message_of(const char *text) {
    pintle_message_t message;
    OK(pintle_message_acquire(zero, strlen(text), &message));
    OK(pintle_message_write(zero, message, (const uint8_t *)text, strlen(text)));
    return message;
}

static int32_t send(pintle_session_t session, const char *text) {
    const pintle_message_t message = message_of(text);
    const int32_t status = pintle_session_send(zero, session, 0, message);
    OK(pintle_message_release(zero, message));
    return status;
}

static pintle_socket_t listen(const char *address) {
    const uint32_t mode = PINTLE_MODE_RELIABLE;
    pintle_socket_t socket;
    OK(pintle_socket_open(zero, &mode, 1, &socket));
    OK(pintle_socket_listen(zero, socket, address, strlen(address)));
    return socket;
}

static void start(const pintle_callbacks_t *callbacks, uint32_t capacity) {
    const pintle_mailbox_options_t options = {sizeof options, capacity};
    pintle_instance_t instance;
    OK(pintle_host_new(NULL, &host));
    OK(pintle_host_self(host, &zero));
    if (callbacks != NULL) {
        OK(pintle_host_callbacks(host, callbacks, NULL));
    }
    OK(pintle_mailbox_open(host, &options));
    OK(pintle_host_add(host, &pintle_entry_talker, NULL, &instance));
}

static pintle_instance_t load(const char *path) {
    pintle_instance_t instance;
    OK(pintle_host_load(host, path, strlen(path), NULL, &instance));
    return instance;
}

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

static void ask(pintle_session_t session, uint32_t id, uint64_t token, const char *text) {
    const pintle_request_options_t options = {sizeof options, ECHO, id, 0, token, message_of(text)};
    OK(pintle_session_request(zero, session, &options));
}

/* Requests of the program's own: what comes of them is tied to its tokens. */
static void requests(const char *echo) {
    start(NULL, 0);
    const pintle_instance_t instance = load(echo);
    const pintle_socket_t socket = listen("talk:0");
    pintle_receipt_t receipt = {.size = sizeof receipt};
    pintle_session_t session;
    OK(pintle_session_create(zero, socket, NULL, &session));
    IS(PINTLE_EVENT_SESSION_CREATED, (int32_t)expect(PINTLE_EVENT_SESSION_CREATED)->kind);

    /* A fast one is answered at once, and a poll does not wait for more. */
    ask(session, 1, 100, "quickly");
    OK(pintle_host_poll(host, PINTLE_NEVER));
    HOLDS(fetch(BATCH) == 2);
    HOLDS(events[0].kind == PINTLE_EVENT_RESULT && events[0].token == 100);
    HOLDS(events[0].session.bits == session.bits);
    holds(events[0].message, "quickly", 7);
    HOLDS(events[1].kind == PINTLE_EVENT_DONE && events[1].token == 100 && events[1].code == PINTLE_OK);

    ask(session, 2, UINT64_MAX, "at leisure");
    HOLDS(expect(PINTLE_EVENT_RESULT)->token == UINT64_MAX);
    holds(events[0].message, "at leisure", 10);
    HOLDS(expect(PINTLE_EVENT_DONE)->token == UINT64_MAX);

    ask(session, 3, 0, "so it failed");
    HOLDS(expect(PINTLE_EVENT_EXCEPTION)->code == 10001);
    OK(pintle_message_release(zero, events[0].message));
    HOLDS(expect(PINTLE_EVENT_DONE)->code == PINTLE_OK && events[0].token == 0);

    /* What is not fetched is held back, and goes on when it is: nothing is lost, and the host has messages left. */
    for (uint64_t token = 0; token < 3 * BATCH; token++) {
        ask(session, 2, token, "one of many");
    }
    for (uint64_t token = 0; token < 3 * BATCH; token++) {
        HOLDS(expect(PINTLE_EVENT_RESULT)->token == token);
        OK(pintle_message_release(zero, events[0].message));
        HOLDS(expect(PINTLE_EVENT_DONE)->token == token);
    }

    /* The session ends meanwhile. */
    ask(session, 2, 7, "too late");
    OK(pintle_session_destroy(zero, session));
    HOLDS(expect(PINTLE_EVENT_SESSION_DESTROYED)->session.bits == session.bits);

    OK(pintle_host_begin_unload(host, instance, UINT64_C(5000000000)));
    HOLDS(expect(PINTLE_EVENT_UNLOADED)->instance.bits == instance.bits);
    OK(pintle_host_receipt(host, instance, &receipt));
    IS(PINTLE_OUTCOME_STOPPED, (int32_t)receipt.outcome);
    HOLDS(fetch(BATCH) == 0);
    OK(pintle_host_free(host));
}

/* Sessions of the program's own: what others send to their peers, and what comes from these. */
static void own(const char *echo) {
    start(NULL, CAPACITY);
    load(echo);
    const pintle_socket_t socket = listen("talk:0");
    pintle_session_t session;
    OK(pintle_session_create(zero, socket, NULL, &session));
    expect(PINTLE_EVENT_SESSION_CREATED);
    passed = 0;
    for (int round = 0; round < CAPACITY; round++) {
        OK(send(session, "out"));
    }
    /* It is refused before any filter sees it. */
    IS(PINTLE_E_AGAIN, send(session, "refused"));
    HOLDS(passed == CAPACITY);
    OK(pintle_session_resume(zero, session));
    IS(PINTLE_E_AGAIN, send(session, "still refused"));
    ask(session, 1, 5, "held back");
    HOLDS(fetch(CAPACITY) == CAPACITY);
    for (int round = 0; round < CAPACITY; round++) {
        HOLDS(events[round].kind == PINTLE_EVENT_SESSION_SEND && events[round].session.bits == session.bits);
        holds(events[round].message, "out", 3);
    }
    HOLDS(expect(PINTLE_EVENT_RESULT)->token == 5);
    holds(events[0].message, "held back", 9);
    expect(PINTLE_EVENT_DONE);
    OK(send(session, "again"));
    expect(PINTLE_EVENT_SESSION_SEND);
    OK(pintle_message_release(zero, events[0].message));

    /* What the program hands in ends where the inbox would have it. */
    const pintle_message_t message = message_of("in");
    for (int round = 0; round < CAPACITY; round++) {
        OK(pintle_session_receive(zero, session, 0, message));
    }
    IS(PINTLE_E_AGAIN, pintle_session_receive(zero, session, 0, message));
    OK(pintle_message_release(zero, message));
    for (int round = 0; round < CAPACITY; round++) {
        HOLDS(expect(PINTLE_EVENT_MESSAGE_IN)->session.bits == session.bits);
        holds(events[0].message, "in", 2);
    }
    HOLDS(expect(PINTLE_EVENT_SESSION_WRITABLE)->session.bits == session.bits);

    OK(pintle_session_disconnect(zero, session));
    OK(pintle_session_disconnect(zero, session));
    HOLDS(expect(PINTLE_EVENT_SESSION_DISCONNECT)->session.bits == session.bits);
    OK(pintle_session_destroy(zero, session));
    expect(PINTLE_EVENT_SESSION_DESTROYED);
    HOLDS(fetch(BATCH) == 0);
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

static void timers(void) {
    pintle_timer_t once;
    pintle_timer_t often;
    start(NULL, 0);
    OK(pintle_mailbox_start_timer(host, 0, 0, 1, &once));
    OK(pintle_mailbox_start_timer(host, 1, 1, 2, &often));
    uint32_t seen = 0;
    while (seen != 3) {
        OK(pintle_host_poll(host, PINTLE_NEVER));
        OK(pintle_host_poll(host, PINTLE_NEVER));
        const size_t count = fetch(BATCH);
        HOLDS(count <= 2);
        for (size_t at = 0; at < count; at++) {
            IS(PINTLE_EVENT_TIMER, (int32_t)events[at].kind);
            HOLDS(events[at].timer.bits == (events[at].token == 1 ? once.bits : often.bits));
            HOLDS(events[at].token == 2 || (seen & 1) == 0);
            seen |= (uint32_t)events[at].token;
        }
    }
    OK(pintle_executor_cancel_timer(zero, often));
    IS(PINTLE_E_STALE, pintle_executor_cancel_timer(zero, once));
    fetch(BATCH);
    OK(pintle_host_poll(host, 0));
    HOLDS(fetch(BATCH) == 0);
    OK(pintle_host_free(host));
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

int main(int count, char **arguments) {
    HOLDS(count == 2);
    refusals();
    talking();
    going_away();
    crowd();
    requests(arguments[1]);
    own(arguments[1]);
    callbacks();
    timers();
    newer();
    return 0;
}
