"""Requests to services."""

from __future__ import annotations

import gc

import pytest

import pintle
import support
from support import Echo, Refuser, Waiter

pytestmark = pytest.mark.usefixtures("echo", "waiter")


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


@pytest.mark.parametrize("id", [Echo.FAST, Echo.SLOW], ids=["fast", "slow"])
@pytest.mark.parametrize("data", [b"", b"question", bytearray(b"x" * 50_000)], ids=["empty", "short", "long"])
def test_a_service_answers(session: pintle.Session, id: int, data: bytes) -> None:
    assert session.call(Echo.SERVICE, id, data, timeout=support.TIMEOUT) == [bytes(data)]


def test_a_message_is_handed_over(host: pintle.Host, session: pintle.Session) -> None:
    with host.message(b"mine") as message:
        assert session.call(Echo.SERVICE, Echo.SLOW, message, timeout=support.TIMEOUT) == [b"mine"]


def test_a_request_is_followed_to_its_end(session: pintle.Session) -> None:
    request = session.request(Echo.SERVICE, Echo.SLOW, b"slow")
    assert (request.done, request.status) == (False, None)
    assert request.wait(support.TIMEOUT) == [b"slow"]
    assert (request.done, request.status) == (True, pintle.Status.OK)
    assert list(request) == []


@pytest.mark.parametrize("id", [Waiter.FAST_RESULTS, Waiter.SLOW_RESULTS], ids=["fast", "slow"])
@pytest.mark.parametrize("count", [0, 1, 500])
def test_results_come_one_by_one_in_order(session: pintle.Session, id: int, count: int) -> None:
    request = session.request(Waiter.SERVICE, id, str(count).encode())
    assert [support.text(message) for message in request] == numbers(count)
    assert request.done and request.status == 0


@pytest.mark.parametrize("id", [Waiter.FAST_RESULTS, Waiter.SLOW_RESULTS], ids=["fast", "slow"])
def test_a_short_queue_holds_results_back_and_loses_none(id: int) -> None:
    with pintle.Host(queue=2) as host:
        host.load(support.native("waiter"))
        session = host.open().create_session()
        request = session.request(Waiter.SERVICE, id, b"200")
        assert [support.text(message) for message in request] == numbers(200)


def test_an_exception_of_the_service_is_raised_as_its_own(session: pintle.Session) -> None:
    request = session.request(Echo.SERVICE, Echo.FAIL, "so schlecht, daß".encode())
    with pytest.raises(pintle.ServiceError, match="so schlecht, daß") as caught:
        request.wait(support.TIMEOUT)
    error = caught.value
    assert (error.code, error.origin, error.plugin) == (Echo.FAILED, "plugin", None)
    assert request.done
    with pytest.raises(pintle.ServiceError):
        session.call(Echo.SERVICE, Echo.FAIL, b"again", timeout=support.TIMEOUT)


def test_iteration_raises_it_too_after_the_results(session: pintle.Session) -> None:
    with pytest.raises(pintle.ServiceError):
        for _ in session.request(Echo.SERVICE, Echo.FAIL, b"x"):
            pytest.fail("there is no result")


def test_an_unknown_service_is_refused_at_once(session: pintle.Session) -> None:
    with pytest.raises(pintle.NotFoundError):
        session.request(0x7777_7777, 1)
    with pytest.raises(pintle.NotFoundError):
        session.call(0x7777_7777, 1)


def test_an_unknown_request_is_an_exception_of_the_service(session: pintle.Session) -> None:
    with pytest.raises(pintle.ServiceError, match="echo has no request 99") as caught:
        session.call(Echo.SERVICE, 99, timeout=support.TIMEOUT)
    assert caught.value.code == pintle.Status.E_NOT_FOUND


def test_an_error_of_a_handler_is_an_exception_with_its_code(host: pintle.Host, session: pintle.Session) -> None:
    host.load(support.native("refuser"))
    with pytest.raises(pintle.ServiceError, match="told to refuse with 12345") as caught:
        session.call(Refuser.SERVICE, 12_345, timeout=support.TIMEOUT)
    assert caught.value.code == 12_345


def test_cancelling_is_seen_by_the_plugin(session: pintle.Session) -> None:
    request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
    assert support.text(next(request)) == "began"
    request.cancel()
    with pytest.raises(pintle.CancelledError) as caught:
        request.wait(support.TIMEOUT)
    assert caught.value.code == pintle.Status.E_CANCELLED
    assert (request.done, request.status) == (True, pintle.Status.E_CANCELLED)
    assert session.call(Waiter.SERVICE, Waiter.CANCELLED) == [b"1"]
    request.cancel()


def test_cancelling_what_waits_never_starts_it(session: pintle.Session) -> None:
    first = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
    second = session.request(Echo.SERVICE, Echo.FAST, b"never asked")
    second.cancel()
    with pytest.raises(pintle.CancelledError):
        second.wait(support.TIMEOUT)
    assert not first.done
    first.cancel()
    with pytest.raises(pintle.CancelledError):
        first.wait(support.TIMEOUT)


def test_a_timeout_cancels(session: pintle.Session) -> None:
    with pytest.raises(TimeoutError):
        session.call(Waiter.SERVICE, Waiter.UNTIL_CANCELLED, timeout=0.01)
    request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
    assert support.text(next(request)) == "began"
    with pytest.raises(TimeoutError):
        request.wait(0.01)
    # Requests of one session run in order: this answer comes when the others have ended.
    (seen,) = session.call(Waiter.SERVICE, Waiter.CANCELLED)
    assert int(seen) >= 1


def test_a_request_that_is_forgotten_is_not_cancelled(host: pintle.Host, session: pintle.Session) -> None:
    request = session.request(Waiter.SERVICE, Waiter.UNTIL_RELEASED)
    assert support.text(next(request)) == "began"
    del request
    gc.collect()
    host.poll(0)
    other = host.open().create_session()
    assert other.call(Waiter.SERVICE, Waiter.RELEASE) == []
    assert session.call(Waiter.SERVICE, Waiter.CANCELLED, timeout=support.TIMEOUT) == [b"0"]


def test_forgotten_answers_are_given_back(host: pintle.Host, session: pintle.Session) -> None:
    for _ in range(host.limits.messages * 2):
        session.request(Echo.SERVICE, Echo.FAST, b"who cares")
    assert session.call(Echo.SERVICE, Echo.FAST, b"I do") == [b"I do"]


def test_requests_of_one_session_run_in_order(session: pintle.Session) -> None:
    requests = [session.request(Echo.SERVICE, Echo.SLOW, text.encode()) for text in numbers(20)]
    assert [request.wait(support.TIMEOUT) for request in requests] == [[text.encode()] for text in numbers(20)]


def test_slow_requests_of_two_sessions_run_at_the_same_time(host: pintle.Host) -> None:
    socket = host.open()
    requests = [socket.create_session().request(Waiter.SERVICE, Waiter.UNTIL_RELEASED) for _ in range(2)]
    assert [support.text(next(request)) for request in requests] == ["began", "began"]
    socket.create_session().call(Waiter.SERVICE, Waiter.RELEASE)
    assert [request.wait(support.TIMEOUT) for request in requests] == [[b"released"], [b"released"]]


# docs/flow.md 16.10
def test_the_end_of_the_session_ends_its_requests(session: pintle.Session) -> None:
    request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
    assert support.text(next(request)) == "began"
    session.close()
    with pytest.raises((pintle.CancelledError, pintle.ClosedError)):
        request.wait(support.TIMEOUT)
    assert request.done


@pytest.mark.pintle(clean=False)
def test_the_end_of_the_plugin_ends_its_requests(session: pintle.Session, waiter: pintle.Plugin) -> None:
    request = session.request(Waiter.SERVICE, Waiter.NEVER)
    assert not request.done
    waiter.unload()
    with pytest.raises(pintle.Error):
        request.wait(support.TIMEOUT)
    assert request.status == pintle.Status.E_CLOSED


def test_more_requests_than_fit_are_refused() -> None:
    with pintle.Host(limits=pintle.Limits(requests_per_session=2)) as host:
        host.load(support.native("waiter"))
        session = host.open().create_session()
        first = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
        with pytest.raises(pintle.AgainError):
            for _ in range(10):
                session.request(Waiter.SERVICE, Waiter.RELEASE)
        first.cancel()


def test_only_own_sessions_ask(loop: pintle.Session) -> None:
    """The answers would go to the plugin that owns it."""
    for ask in (loop.request, loop.call):
        with pytest.raises(pintle.NotOwnerError):
            ask(Echo.SERVICE, Echo.FAST, b"x")


def test_a_host_without_workers_runs_slow_requests_in_its_turns() -> None:
    with pintle.Host(limits=pintle.Limits(workers=pintle.NO_WORKERS)) as host:
        host.load(support.real("echo"))
        session = host.open().create_session()
        request = session.request(Echo.SERVICE, Echo.SLOW, b"in turn")
        assert not request.done
        support.until(host, lambda: request.done)
        assert request.wait() == [b"in turn"]
