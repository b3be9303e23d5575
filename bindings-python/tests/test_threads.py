"""Threads: who may call, who is refused, and what plugins' threads do."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

import pintle
import support
from support import Echo

T = TypeVar("T")


def elsewhere(work: Callable[[], T]) -> T:
    """Does something on another thread; what it raises is raised here."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(support.TIMEOUT)
    assert not thread.is_alive()
    if errors:
        raise errors[0]
    return results[0]


USES: dict[str, Callable[[pintle.Host, pintle.Session], Any]] = {
    "load": lambda host, session: host.load(support.real("stats")),
    "open": lambda host, session: host.open(),
    "message": lambda host, session: host.message(b"x"),
    "timer": lambda host, session: host.timer(1, print),
    "poll": lambda host, session: host.poll(0),
    "run": lambda host, session: host.run(),
    "next_deadline": lambda host, session: host.next_deadline,
    "close": lambda host, session: host.close(),
    "send": lambda host, session: session.send(b"x"),
    "receive": lambda host, session: session.receive(b"x"),
    "take": lambda host, session: session.take(),
    "next": lambda host, session: session.next(0),
    "call": lambda host, session: session.call(Echo.SERVICE, Echo.FAST),
    "end": lambda host, session: session.close(),
}


@pytest.mark.parametrize("use", USES)
def test_another_thread_is_refused_and_told_what_to_do(host: pintle.Host, session: pintle.Session, use: str) -> None:
    with pytest.raises(pintle.WrongThreadError, match="adopt") as caught:
        elsewhere(lambda: USES[use](host, session))
    assert caught.value.code == pintle.Status.E_WRONG_THREAD
    assert not (host.closed or session.closed)
    session.send(b"fine")
    assert support.data(session.take()) == b"fine"


def test_a_thread_that_adopts_the_host_has_it(host: pintle.Host, session: pintle.Session) -> None:
    def work() -> bytes:
        host.adopt()
        session.send(b"adopted")
        return support.data(session.take())

    assert elsewhere(work) == b"adopted"
    with pytest.raises(pintle.WrongThreadError):
        session.send(b"mine no more")
    host.adopt()
    host.adopt()
    session.send(b"mine again")


def test_adopting_inside_a_call_is_refused(host: pintle.Host) -> None:
    def steal() -> None:
        with pytest.raises(pintle.ReentrantError):
            elsewhere(host.adopt)

    host.submit(steal)
    host.poll(0)


def test_adopting_while_the_kernel_thread_waits_is_refused(host: pintle.Host) -> None:
    refused: list[BaseException] = []

    def steal() -> None:
        try:
            host.adopt()
        except pintle.ReentrantError as error:
            refused.append(error)
        finally:
            host.stop()

    thread = threading.Thread(target=steal)
    host.timer(0, thread.start)
    host.run()
    thread.join()
    assert len(refused) == 1


def test_any_thread_may_submit(host: pintle.Host) -> None:
    main = threading.get_ident()
    ran: list[int] = []

    def submit() -> None:
        for _ in range(25):
            while True:
                try:
                    host.submit(lambda: ran.append(threading.get_ident()))
                    break
                except pintle.AgainError:
                    continue

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    support.until(host, lambda: len(ran) == 100)
    for thread in threads:
        thread.join()
    assert ran == [main] * 100


def test_other_threads_run_while_the_host_waits(host: pintle.Host) -> None:
    rounds: list[int] = []

    def count() -> None:
        for number in range(1000):
            rounds.append(number)
        host.submit(lambda: None)

    thread = threading.Thread(target=count)
    thread.start()
    host.poll(None)
    thread.join()
    assert len(rounds) == 1000


@pytest.mark.parametrize("end", ["unload", "close"])
def test_other_threads_run_while_a_plugin_begins_and_ends(host: pintle.Host, end: str) -> None:
    """The plugin waits inside its callbacks for what only another thread of Python does."""
    (question, ask), (answer, give) = os.pipe(), os.pipe()

    def partner() -> None:
        for _ in ("create", "destroy"):
            os.read(question, 1)
            os.write(give, b"!")

    thread = threading.Thread(target=partner)
    thread.start()
    plugin = host.load(support.native("handshake"), config=f"{ask} {answer}")
    if end == "unload":
        plugin.unload()
    else:
        host.close()
    thread.join()
    for descriptor in (question, ask, answer, give):
        os.close(descriptor)


def test_objects_that_die_on_another_thread_are_given_back() -> None:
    with pintle.Host(limits=pintle.Limits(messages=8)) as host:
        for _ in range(20):
            messages = [host.message(b"x") for _ in range(8)]
            elsewhere(messages.clear)
            host.poll(0)


def test_views_that_die_on_another_thread_let_go() -> None:
    with pintle.Host() as host:
        message = host.message(b"x")
        views = [memoryview(message)]
        elsewhere(views.clear)
        message.close()


@pytest.mark.filterwarnings("ignore:a pintle:ResourceWarning")
def test_a_host_that_dies_on_another_thread_ends() -> None:
    for _ in range(20):
        hosts = [pintle.Host()]
        hosts[0].load(support.real("stats"))
        hosts[0].open().create_session().send(b"x")
        elsewhere(hosts.clear)
        gc.collect()


def test_a_host_of_a_thread_that_ended_is_adopted() -> None:
    host = elsewhere(pintle.Host)
    with pytest.raises(pintle.WrongThreadError):
        host.open()
    host.adopt()
    host.open()
    host.close()


def test_hosts_on_threads_of_their_own_run_at_the_same_time() -> None:
    def work() -> int:
        with pintle.Host() as host:
            host.load(support.real("echo"))
            session = host.open().create_session()
            return sum(len(session.call(Echo.SERVICE, Echo.SLOW, b"x", timeout=support.TIMEOUT)) for _ in range(50))

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(support.TIMEOUT)
    assert results == [50] * 4


def test_a_plugin_that_calls_from_its_own_thread_never_enters_python(host: pintle.Host) -> None:
    """Its lines are drained by the kernel thread; here they are written while Python holds on to its lock."""
    plugin = host.load(support.native("talker"), config="1000")
    assert plugin.unload().clean
