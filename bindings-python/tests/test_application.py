"""The application as plugin zero: what it hears, what it answers, and what becomes of its exceptions."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import pintle
import support
from pintle import Status


class Boom(Exception):
    """Knows whether anybody still refers to it."""


@contextlib.contextmanager
def listening(application: object, limits: pintle.Limits | None = None) -> Iterator[pintle.Host]:
    """A host with one session of a plugin, whose messages the application gets."""
    with pintle.Host(application=application, limits=limits or pintle.Limits()) as host:
        host.load(support.native("loopback"))
        with host.open() as socket:
            socket.listen("loop://here")
            yield host


class Recorder:
    """Hears everything, and writes down what."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def socket_attached(self, socket: pintle.Socket, address: str) -> None:
        self.heard.append(("socket_attached", socket, address))

    def socket_detached(self, socket: pintle.Socket) -> None:
        self.heard.append(("socket_detached", socket))

    def session_created(self, session: pintle.Session) -> None:
        self.heard.append(("session_created", session))

    def session_destroyed(self, session: pintle.Session) -> None:
        self.heard.append(("session_destroyed", session))

    def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        self.heard.append(("message_in", session, channel, bytes(message)))

    def message_out(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        self.heard.append(("message_out", session, channel, bytes(message)))

    def session_send(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        self.heard.append(("session_send", session, channel, bytes(message)))

    def session_disconnect(self, session: pintle.Session) -> None:
        self.heard.append(("session_disconnect", session))
        session.close()


def test_the_application_hears_everything() -> None:
    recorder = Recorder()
    with pintle.Host(application=recorder) as host:
        host.load(support.native("loopback"))
        socket = host.open()
        socket.listen("loop://here")
        (theirs,) = host.sessions
        theirs.send(b"around")
        support.until(host, lambda: recorder.heard[-1][0] == "message_in")
        theirs.close()
        socket.stop()
        assert recorder.heard == [
            ("socket_attached", socket, "loop://here"),
            ("session_created", theirs),
            ("message_out", theirs, 0, b"around"),
            ("message_in", theirs, 0, b"around"),
            ("session_destroyed", theirs),
            ("socket_detached", socket),
        ]
        recorder.heard.clear()
        own = host.open().create_session()
        own.receive(b"in")
        own.send(b"out")
        own.disconnect()
        # The application is the transport of this one: it hears what the filters made of what it hands in.
        assert recorder.heard == [
            ("message_in", own, 0, b"in"),
            ("session_send", own, 0, b"out"),
            ("session_disconnect", own),
            ("session_destroyed", own),
        ]
        assert own.take() is None


def test_an_application_has_what_it_wants() -> None:
    class Quiet:
        pass

    with pintle.Host(application=Quiet()) as host:
        session = host.open().create_session()
        session.receive(b"x")
        session.send(b"y")
        assert support.data(session.take()) == b"y"


def answering(method: str, answer: object) -> contextlib.AbstractContextManager[pintle.Host]:
    application = type("Application", (), {method: lambda self, *arguments: answer})()
    return listening(application)


CALLS = [("message_in", "receive"), ("message_out", "send")]


@pytest.mark.parametrize(("method", "call"), CALLS)
def test_what_a_callback_answers_is_the_callers_status(method: str, call: str) -> None:
    for answer in (None, 0, Status.OK, Status.CONSUMED):
        with answering(method, answer) as host:
            getattr(host.sessions[0], call)(b"x")
    with answering(method, Status.E_UNSUPPORTED) as host, pytest.raises(pintle.UnsupportedError):
        getattr(host.sessions[0], call)(b"x")
    with answering(method, 12_345) as host, pytest.raises(pintle.PluginError) as caught:
        getattr(host.sessions[0], call)(b"x")
    assert caught.value.code == 12_345


def test_a_filter_may_take_a_message_away() -> None:
    with answering("message_out", Status.CONSUMED) as host:
        (session,) = host.sessions
        session.send(b"swallowed")
        host.poll(0)
        assert session.take() is None


class Filter:
    """Sees what a peer asks, and what it is answered; takes the answers away if it is told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.answer: Status | None = None

    def see(self, what: str, session: pintle.Session, info: pintle.RequestInfo, message: pintle.Message) -> None:
        assert message.session == session and message.channel == 0xFFFF_FFFF
        self.seen.append((what, info.service, info.id, info.flags, info.correlation, bytes(message)))

    def request_in(self, session: pintle.Session, info: pintle.RequestInfo, message: pintle.Message) -> None:
        self.see("request", session, info, message)

    def result_out(self, session: pintle.Session, info: pintle.RequestInfo, message: pintle.Message) -> Status | None:
        self.see("result", session, info, message)
        return self.answer


class Plain:
    """Sees everything as a message."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        self.seen.append(("in", channel, bytes(message)))

    def message_out(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        self.seen.append(("out", channel, bytes(message)))


class Both(Filter, Plain):
    """Sees requests and results by methods of their own."""


@contextlib.contextmanager
def asking(application: object) -> Iterator[pintle.Host]:
    """A host with one session, whose peer asks whatever is sent to it."""
    with pintle.Host(application=application) as host:
        host.load(support.real("echo"))
        host.load(support.shared("asker/asker.c"))
        with host.open() as socket:
            socket.listen("ask://here")
            yield host


ASKED = ("request", 0x1000_0001, 1, 0, 77, b"why")
ANSWERED = ("result", *ASKED[1:])


def test_a_filter_is_told_which_request_it_sees() -> None:
    application = Filter()
    with asking(application) as host:
        (session,) = host.sessions
        session.send(b"why")
        assert application.seen == [ASKED, ANSWERED]


def test_messages_pass_their_own_methods() -> None:
    application = Both()
    with asking(application) as host:
        (session,) = host.sessions
        session.send(b"why")
        session.receive(b"news")
        assert application.seen == [("out", 0, b"why"), ASKED, ANSWERED, ("in", 0, b"news")]


def test_without_methods_of_their_own_requests_and_results_pass_as_messages() -> None:
    application = Plain()
    with asking(application) as host:
        host.sessions[0].send(b"why")
        service = 0xFFFF_FFFF
        assert application.seen == [("out", 0, b"why"), ("in", service, b"why"), ("out", service, b"why")]


def test_what_a_filter_of_results_answers_holds(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "pintle.org.test.asker")
    application = Filter()
    with asking(application) as host:
        host.sessions[0].send(b"first")
        application.answer = Status.CONSUMED
        host.sessions[0].send(b"second")
        assert len(application.seen) == 4
    assert [record.getMessage() for record in caplog.records] == ["first"]


def test_an_answer_that_is_no_status_is_a_type_error() -> None:
    with answering("message_in", "no status") as host, pytest.raises(TypeError, match="message_in"):
        host.sessions[0].receive(b"x")


Trigger = Callable[[pintle.Socket, pintle.Session, pintle.Session], object]

TRIGGERS: dict[str, Trigger] = {
    "socket_attached": lambda fresh, own, theirs: fresh.listen("loop://more"),
    "socket_detached": lambda fresh, own, theirs: theirs.socket.stop(),
    "session_created": lambda fresh, own, theirs: fresh.listen("loop://more"),
    "session_destroyed": lambda fresh, own, theirs: own.close(),
    "message_in": lambda fresh, own, theirs: theirs.receive(b"x"),
    "message_out": lambda fresh, own, theirs: theirs.send(b"x"),
    "session_send": lambda fresh, own, theirs: own.send(b"x"),
    "session_disconnect": lambda fresh, own, theirs: own.disconnect(),
}


@pytest.mark.parametrize("method", TRIGGERS)
@pytest.mark.parametrize("kind", [Boom, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_exception_reaches_the_caller_as_it_is(method: str, kind: type[BaseException]) -> None:
    armed = False
    thrown: list[BaseException] = []

    def callback(self: object, *arguments: object) -> None:
        if armed:
            thrown.append(kind(method))
            raise thrown[0]

    application = type("Application", (), {method: callback})()
    with listening(application) as host:
        (theirs,) = host.sessions
        own, fresh = host.open().create_session(), host.open()
        armed = True
        with pytest.raises(kind) as caught:
            TRIGGERS[method](fresh, own, theirs)
        assert caught.value is thrown[0]
        armed = False
        # The host goes on.
        with host.open().create_session() as other:
            other.receive(b"x")
            other.send(b"x")


@pytest.mark.parametrize("start", ["submit", "timer"])
def test_an_exception_in_a_task_or_timer_reaches_whoever_polls(host: pintle.Host, start: str) -> None:
    thrown = Boom("late")

    def run() -> None:
        raise thrown

    if start == "submit":
        host.submit(run)
    else:
        host.timer(0, run)
    with pytest.raises(Boom) as caught:
        support.until(host, lambda: False)
    assert caught.value is thrown
    host.poll(0)


def test_exceptions_reach_those_who_wait_in_any_way(host: pintle.Host, session: pintle.Session) -> None:
    def run() -> None:
        raise Boom

    waits: list[Callable[[], object]] = [host.run, session.next, lambda: next(iter(session)), lambda: host.poll(None)]
    for wait in waits:
        host.timer(0, run)
        with pytest.raises(Boom):
            wait()


def test_an_exception_passes_through_the_code_of_a_plugin() -> None:
    """The plugin hands the message in from a task of its own, and the application's exception ends that."""
    thrown = Boom("in between")

    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            raise thrown

    with listening(Application()) as host:
        host.sessions[0].send(b"x")
        with pytest.raises(Boom) as caught:
            support.until(host, lambda: False)
        assert caught.value is thrown


def test_the_exception_of_the_innermost_call_stays_there() -> None:
    """A callback that catches what its own call raised has handled it."""
    heard: list[str] = []

    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            with pytest.raises(Boom):
                session.send(b"inner")
            heard.append("caught")

        def message_out(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            raise Boom

    with listening(Application()) as host:
        host.sessions[0].receive(b"outer")
    assert heard == ["caught"]


def test_an_exception_that_making_room_brings_loses_no_message() -> None:
    class Application:
        def session_disconnect(self, session: pintle.Session) -> None:
            raise Boom

    with pintle.Host(application=Application(), queue=1) as host:
        host.load(support.native("nudger"))
        session = host.open().create_session()
        session.send(b"first")
        with pytest.raises(pintle.AgainError):
            session.send(b"second")
        with pytest.raises(Boom):
            session.take()
        with session.next(timeout=0) as message:
            assert bytes(message) == b"first"


def test_exceptions_leak_neither_objects_nor_messages() -> None:
    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            raise Boom

        def message_out(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            raise Boom

    alive: list[weakref.ref[Boom]] = []
    with listening(Application(), pintle.Limits(messages=16)) as host:
        (session,) = host.sessions
        for _ in range(200):
            for call in (session.receive, session.send):
                try:
                    call(b"x")
                except Boom as boom:
                    alive.append(weakref.ref(boom))
        gc.collect()
        assert [reference() for reference in alive if reference() is not None] == []
        # All messages are free.
        messages = [host.message(b"x") for _ in range(16)]
    assert len(alive) == 400 and len(messages) == 16


def test_a_message_of_a_callback_may_be_kept() -> None:
    kept: list[pintle.Message] = []

    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            kept.append(message)

    with listening(Application(), pintle.Limits(messages=8)) as host:
        (session,) = host.sessions
        for text in (b"one", b"two"):
            session.receive(text)
        assert [bytes(message) for message in kept] == [b"one", b"two"]
        kept.clear()
        gc.collect()
        for _ in range(50):
            session.receive(b"more")
            kept.clear()


def test_callbacks_may_do_everything() -> None:
    class Application:
        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            other = session.socket.create_session()
            other.send(message)
            session.send(bytes(message)[::-1])
            session.close()
            other.close()

    with listening(Application()) as host:
        (session,) = host.sessions
        # What it was handed in on is gone.
        with pytest.raises(pintle.StaleError):
            session.receive(b"abc")
        assert session.closed
        assert host.sessions == []


@pytest.mark.filterwarnings("ignore:a pintle:ResourceWarning")
def test_host_and_application_may_refer_to_each_other() -> None:
    class Application:
        host: pintle.Host

        def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
            """Hears."""

    application = Application()
    application.host = pintle.Host(application=application)
    application.host.open().create_session().receive(b"x")
    gone = weakref.ref(application)
    del application
    gc.collect()
    assert gone() is None
