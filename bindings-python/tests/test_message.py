"""Messages: bytes in, bytes out, and who may let go of them when."""

from __future__ import annotations

import array
import gc
import mmap
from collections.abc import Callable
from typing import Any

import pytest

import pintle
import support


@pytest.mark.parametrize(
    "data",
    [
        b"bytes",
        bytearray(b"bytearray"),
        memoryview(b"memoryview"),
        memoryview(b"a part of it")[2:6],
        array.array("I", [1, 2, 3]),
        b"",
        b"x" * 100_000,
    ],
    ids=lambda data: type(data).__name__,
)
def test_anything_like_bytes_goes_in_and_comes_out(host: pintle.Host, session: pintle.Session, data: Any) -> None:
    with host.message(data) as message:
        assert bytes(message) == bytes(data)
        assert len(message) == len(bytes(data))
        assert memoryview(message) == memoryview(bytes(data))
    session.send(data)
    assert support.data(session.next(support.TIMEOUT)) == bytes(data)


def test_a_mapped_file_goes_in(session: pintle.Session) -> None:
    with mmap.mmap(-1, 4096) as mapped:
        mapped.write(b"mapped")
        session.send(mapped)
        assert support.data(session.next(support.TIMEOUT)).startswith(b"mapped\0")


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2], memoryview(b"abcdef")[::2]], ids=repr)
def test_what_is_not_like_bytes_is_refused(session: pintle.Session, data: Any) -> None:
    with pytest.raises((TypeError, BufferError)):
        session.send(data)
    assert session.take() is None


def test_a_view_is_read_only(host: pintle.Host) -> None:
    with host.message(b"abc") as message, memoryview(message) as view:
        assert view.readonly and view.format == "B" and view.contiguous and view.ndim == 1
        with pytest.raises(TypeError):
            view[0] = 0


def test_a_view_pins_the_message(host: pintle.Host) -> None:
    message = host.message(b"pinned")
    view = memoryview(message)
    part = view[1:3]
    view.release()
    with pytest.raises(BufferError):
        message.close()
    assert not message.closed
    assert part == b"in" and bytes(message) == b"pinned"
    part.release()
    message.close()
    message.close()
    assert message.closed


def test_a_view_pins_the_host(host: pintle.Host) -> None:
    plugin = host.load(support.real("stats"))
    session = host.open().create_session()
    message = host.message(b"pinned")
    view = memoryview(message)
    with pytest.raises(BufferError):
        host.close()
    # Nothing has happened.
    assert not (host.closed or plugin.closed or session.closed)
    session.send(b"still here")
    assert support.data(session.next(support.TIMEOUT)) == b"still here"
    assert view == b"pinned"
    view.release()
    host.close()


def test_a_view_outlives_the_names_of_what_it_shows(host: pintle.Host, session: pintle.Session) -> None:
    session.send(b"received")
    message = session.take()
    assert message is not None
    view = memoryview(message)
    del message
    gc.collect()
    session.close()
    host.poll(0)
    assert view == b"received"
    view.release()


def test_the_host_lives_as_long_as_a_view() -> None:
    host = pintle.Host()
    view = memoryview(host.message(b"alone"))
    del host
    gc.collect()
    assert view == b"alone"
    view.release()
    gc.collect()


def test_received_messages_know_where_they_came_from(loop: pintle.Session) -> None:
    loop.send(b"there and back", channel=1)
    message = loop.next(support.TIMEOUT)
    assert message.channel == 1
    assert message.session == loop
    message.close()


def test_fresh_messages_come_from_nowhere(host: pintle.Host) -> None:
    with host.message(b"fresh") as message:
        assert message.session is None
        assert message.channel is None


def test_a_fresh_message_is_written_until_it_is_sent(host: pintle.Host, session: pintle.Session) -> None:
    message = host.message(b"one", capacity=64)
    message.write(b" two")
    message.write(bytearray(b" three"))
    assert bytes(message) == b"one two three"
    session.send(message)
    with pytest.raises(pintle.StateError) as caught:
        message.write(b" four")
    assert caught.value.code == pintle.Status.E_SEALED
    assert bytes(message) == b"one two three"
    session.send(message)
    message.close()
    assert [support.data(session.next(support.TIMEOUT)) for _ in range(2)] == [b"one two three"] * 2


def test_writing_is_refused_while_a_view_shows_the_bytes(host: pintle.Host) -> None:
    with host.message(b"shown") as message:
        with memoryview(message), pytest.raises(BufferError):
            message.write(b" and moved")
        message.write(b" and moved")
        assert bytes(message) == b"shown and moved"


def test_a_message_is_sent_without_a_copy(host: pintle.Host, session: pintle.Session) -> None:
    with host.message(b"the same bytes") as message:
        with memoryview(message) as view:
            sent = support.address(view)
        session.send(message)
    received = session.next(support.TIMEOUT)
    with received, memoryview(received) as view:
        assert support.address(view) == sent


def test_bytes_are_copied_once(session: pintle.Session) -> None:
    data = bytearray(b"mine to change")
    session.send(data)
    data[:4] = b"MINE"
    assert support.data(session.next(support.TIMEOUT)) == b"mine to change"


def test_two_views_show_the_same_bytes(host: pintle.Host) -> None:
    with host.message(b"abc") as message, memoryview(message) as one, memoryview(message) as two:
        assert support.address(one) == support.address(two)


def test_what_does_not_fit_is_refused_and_nothing_is_written(host: pintle.Host, session: pintle.Session) -> None:
    too_long = b"x" * (host.limits.large_message_bytes + 1)
    with pytest.raises(pintle.CapacityError):
        host.message(too_long)
    with pytest.raises(pintle.CapacityError):
        host.message(capacity=len(too_long))
    with pytest.raises(pintle.CapacityError):
        session.send(too_long)
    with host.message(b"short") as message:
        with pytest.raises(pintle.CapacityError):
            message.write(too_long)
        assert bytes(message) == b"short"
    assert session.take() is None


def test_closed_and_forgotten_messages_are_given_back() -> None:
    with pintle.Host(limits=pintle.Limits(messages=8, large_messages=2)) as host:
        for _ in range(100):
            host.message(b"closed").close()
        for _ in range(100):
            host.message(b"forgotten")
        gc.collect()
        host.poll(0)
        kept = []
        with pytest.raises(pintle.CapacityError):
            for _ in range(100):
                kept.append(host.message(b"kept"))
        assert len(kept) >= 8


USES: list[Callable[[pintle.Message], Any]] = [
    len,
    bytes,
    memoryview,
    lambda message: message.write(b"x"),
    lambda message: message.channel,
    lambda message: message.session,
    lambda message: message.__enter__(),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("end", [pintle.Message.close, lambda message: None], ids=["message", "host"])
def test_a_closed_message_refuses_everything(
    use: Callable[[pintle.Message], Any], end: Callable[[pintle.Message], None]
) -> None:
    host = pintle.Host()
    message = host.message(b"x")
    end(message)
    host.close()
    assert message.closed
    with pytest.raises(pintle.ClosedError):
        use(message)
    message.close()


def test_a_closed_message_is_not_sent(host: pintle.Host, session: pintle.Session) -> None:
    message = host.message(b"x")
    message.close()
    with pytest.raises(pintle.ClosedError):
        session.send(message)


def test_a_message_of_another_host_is_foreign(session: pintle.Session) -> None:
    with pintle.Host() as other, pytest.raises(pintle.HandleError) as caught:
        session.send(other.message(b"x"))
    assert caught.value.code == pintle.Status.E_FOREIGN
