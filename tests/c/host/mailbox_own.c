/* A program that fetches what comes of what it does itself: requests, sessions of its own, timers. Its argument is the file
 * of echo. */
#include "fetching.h"

#define ECHO 0x10000001

static pintle_instance_t load(const char *path) {
    pintle_instance_t instance;
    OK(pintle_host_load(host, path, strlen(path), NULL, &instance));
    return instance;
}

static void ask(pintle_session_t session, uint32_t id, uint64_t token, const char *text) {
    const pintle_request_options_t options = {sizeof options, ECHO, id, 0, token, message_of(text)};
    OK(pintle_session_request(zero, session, &options));
}

/* docs/flow.md 16.3, 16.4, 16.10 */
/* Requests of the program's own: what comes of them is tied to its tokens. */
static void requests(const char *echo) {
    start(NULL, 0);
    const pintle_instance_t instance = load(echo);
    const pintle_socket_t socket = listen("talk:0");
    pintle_receipt_t receipt = {.size = sizeof receipt};
    pintle_session_t session;
    OK(pintle_session_create(zero, socket, NULL, &session));
    expect(PINTLE_EVENT_SESSION_CREATED);

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

/* docs/flow.md 16.3, 16.4, 16.5, 16.6 */
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

/* docs/flow.md 16.4 */
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

int main(int count, char **arguments) {
    HOLDS(count == 2);
    requests(arguments[1]);
    own(arguments[1]);
    timers();
    return 0;
}
