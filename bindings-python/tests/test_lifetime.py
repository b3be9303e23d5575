"""Close order never matters, and garbage is collected in any order without harm."""

from __future__ import annotations

import contextlib
import gc
import random
import weakref
from typing import Any

import pytest

import pintle
import support
from support import Echo, Waiter


pytestmark = pytest.mark.filterwarnings("ignore:a pintle:ResourceWarning")


class Things:
    """One of everything."""

    def __init__(self) -> None:
        class Application:
            def session_destroyed(self, session: pintle.Session) -> None:
                """Hears."""

        host = pintle.Host(application=Application())
        stats = host.load(support.real("stats"))
        waiter = host.load(support.native("waiter"))
        echo = host.load(support.real("echo"))
        socket = host.open()
        session = socket.create_session()
        busy = socket.create_session()
        request = busy.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
        done = session.request(Echo.SERVICE, Echo.FAST, b"done")
        session.send(b"queued")
        session.send(b"received")
        received = session.take()
        fresh = host.message(b"fresh")
        timer = host.timer(1000, lambda: session)
        host.submit(lambda: session)
        self.all: dict[str, Any] = {
            "host": host, "stats": stats, "waiter": waiter, "echo": echo, "socket": socket, "session": session,
            "busy": busy, "request": request, "done": done, "received": received, "fresh": fresh, "timer": timer,
            "iterator": iter(session), "results": iter(done),
        }

    def end(self, name: str) -> None:
        thing = self.all[name]
        if isinstance(thing, pintle.Plugin):
            with contextlib.suppress(pintle.ClosedError):
                thing.unload()
        elif isinstance(thing, pintle.Request):
            with contextlib.suppress(pintle.Error):
                thing.cancel()
        elif name not in ("iterator", "results"):
            thing.close()


@pytest.mark.parametrize("seed", range(30))
def test_things_are_closed_in_any_order(seed: int) -> None:
    things = Things()
    names = [name for name in things.all if name != "host"] * 2
    # The host comes anywhere, and so some are closed before it and some after.
    random.Random(seed).shuffle(names)
    names.insert(seed % len(names), "host")
    for name in names:
        things.end(name)
    things.end("host")
    assert all(thing.closed for thing in things.all.values() if hasattr(thing, "closed"))


@pytest.mark.parametrize("seed", range(30))
def test_things_are_forgotten_in_any_order(seed: int) -> None:
    things = Things().all
    names = list(things)
    random.Random(seed).shuffle(names)
    for name in names:
        del things[name]
        gc.collect()


@pytest.mark.parametrize("seed", range(30))
def test_closing_and_forgetting_mix(seed: int) -> None:
    chance = random.Random(seed)
    things = Things()
    names = list(things.all)
    chance.shuffle(names)
    for name in names:
        if chance.random() < 0.5:
            things.end(name)
        del things.all[name]
        if chance.random() < 0.3:
            gc.collect()
        host = things.all.get("host")
        if host is not None and not host.closed:
            host.poll(0)
    gc.collect()


def test_a_cycle_through_everything_is_collected() -> None:
    class Application:
        things: dict[str, Any]

        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            """Hears."""

    application = Application()
    host = pintle.Host(application=application)
    session = host.open().create_session()
    cycle: dict[str, Any] = {"host": host, "session": session, "message": host.message(b"x")}
    cycle["timer"] = host.timer(1000, lambda: cycle)
    host.submit(lambda: cycle)
    application.things = cycle
    gone: list[weakref.ref[Any]] = [weakref.ref(application), weakref.ref(host)]
    del application, host, session, cycle
    gc.collect()
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


def test_garbage_is_collected_inside_callbacks() -> None:
    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            gc.collect()

        def session_destroyed(self, session: pintle.Session) -> None:
            gc.collect()

    with pintle.Host(application=Application()) as host:
        for _ in range(20):
            session = host.open().create_session()
            cycle: list[Any] = [session, host.message(b"x")]
            cycle.append(cycle)
            del cycle
            session.receive(b"x")
            session.close()


def test_finalizers_of_objects_run_in_the_midst_of_calls() -> None:
    """The collector may run at any allocation; what it ends must not disturb the call that is under way."""
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        with pintle.Host() as host:
            host.load(support.real("echo"))
            socket = host.open()
            for _ in range(100):
                cycle: list[Any] = [socket.create_session(), host.message(b"x"), host.timer(1000, print)]
                cycle.append(cycle)
                del cycle
                session = socket.create_session()
                assert session.call(Echo.SERVICE, Echo.FAST, b"x") == [b"x"]
                session.close()
    finally:
        gc.set_threshold(*threshold)


def test_what_is_forgotten_is_given_back_without_end() -> None:
    """More of everything than the limits allow at a time."""
    limits = pintle.Limits(sockets=4, timers=4, messages=16)
    with pintle.Host(limits=limits) as host:
        for _ in range(100):
            host.message(b"x")
            host.timer(0, lambda: None).close()
            host.open().close()
            gc.collect()
            host.poll(0)


def test_an_own_session_that_is_forgotten_ends(host: pintle.Host) -> None:
    socket = host.open()
    socket.create_session()
    gc.collect()
    host.poll(0)
    assert host.sessions == []


def test_what_is_forgotten_makes_room_for_the_next(host: pintle.Host) -> None:
    for _ in range(host.limits.sockets * 3):
        host.open().create_session()


def test_a_session_of_a_plugin_that_is_forgotten_lives_on(loop: pintle.Session, host: pintle.Host) -> None:
    key = {loop}
    del loop
    gc.collect()
    host.poll(0)
    assert set(host.sessions) == key


@pytest.mark.filterwarnings("default")
def test_a_host_that_is_forgotten_says_so() -> None:
    host = pintle.Host()
    assert not host.closed
    with pytest.warns(ResourceWarning, match="Host"):
        del host
        gc.collect()


def test_hosts_begin_and_end_many_times() -> None:
    for _ in range(100):
        with pintle.Host() as host:
            host.load(support.real("stats"))
            host.open().create_session().send(b"x")
