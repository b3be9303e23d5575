"""Sockets and sessions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import pintle
import support
from pintle import ChannelMode


# docs/flow.md 16.1, 16.3
def test_what_is_sent_to_the_peer_of_an_own_session_is_taken_in_order(session: pintle.Session) -> None:
    assert session.take() is None
    for number in range(10):
        session.send(str(number).encode())
    assert [support.text(session.take()) for _ in range(10)] == [str(number) for number in range(10)]
    assert session.take() is None


def test_messages_keep_their_channel(host: pintle.Host) -> None:
    session = host.open(ChannelMode.RELIABLE, ChannelMode.UNRELIABLE).create_session()
    session.send(b"a", channel=1)
    session.send(b"b")
    with session.next(support.TIMEOUT) as first, session.next(support.TIMEOUT) as second:
        assert (first.channel, second.channel) == (1, 0)
    for call in (session.send, session.receive):
        with pytest.raises(pintle.NotFoundError):
            call(b"c", channel=2)


def test_next_waits_by_driving_the_host(host: pintle.Host, session: pintle.Session) -> None:
    host.timer(0.001, lambda: session.send(b"late"))
    assert support.text(session.next(support.TIMEOUT)) == "late"


def test_next_ends_after_its_timeout(session: pintle.Session) -> None:
    for timeout in (0, 0.001):
        with pytest.raises(TimeoutError) as caught:
            session.next(timeout)
        assert isinstance(caught.value, pintle.TimeoutError)


# docs/flow.md 16.8
def test_what_arrived_is_there_after_the_end(session: pintle.Session) -> None:
    session.send(b"last words")
    session.close()
    assert session.closed
    assert support.text(session.next(support.TIMEOUT)) == "last words"
    with pytest.raises(pintle.ClosedError):
        session.next(support.TIMEOUT)


def test_sessions_that_ended_unread_leave_room_for_the_rest(host: pintle.Host) -> None:
    socket = host.open()
    for _ in range(20):
        with socket.create_session() as session:
            for _ in range(64):
                session.send(b"unread")
    last = socket.create_session()
    for _ in range(64):
        last.send(b"read")
    assert len([last.take() for _ in range(64)]) == 64


def test_a_loop_over_a_session_ends_with_it(host: pintle.Host, session: pintle.Session) -> None:
    for word in (b"one", b"two", b"three"):
        session.send(word)
    host.timer(0.001, session.close)
    assert [support.text(message) for message in session] == ["one", "two", "three"]


def test_a_session_knows_its_peer(host: pintle.Host) -> None:
    socket = host.open()
    for address in ("", "192.0.2.7:80", "[2001:db8::1]:443"):
        session = socket.create_session(client_id=-7, address=address or None)
        assert (session.client_id, session.address) == (-7, address)
        assert (session.user, session.protocol) == ("", "")
        assert session.socket == socket
        assert session.own and not session.closed


def test_a_session_is_told_all_about_its_peer(host: pintle.Host) -> None:
    socket = host.open()
    with socket.create_session(7, "unix:/run/x.sock", user="änne", protocol="chat.2") as session:
        assert (session.client_id, session.address) == (7, "unix:/run/x.sock")
        assert (session.user, session.protocol) == ("änne", "chat.2")
        # What an address reads as can be told again.
        again = socket.create_session(address=session.address)
        assert (again.address, again.user, again.protocol) == (session.address, "", "")
    assert session.closed and again.address == "unix:/run/x.sock"


@pytest.mark.parametrize("address", ["nowhere", "localhost:80", "1.2.3.4", "fe80::1", "1.2.3.4:99999"])
def test_what_is_no_address_is_refused_with_what_one_is(host: pintle.Host, address: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(address)[1:-1])) as caught:
        host.open().create_session(address=address)
    assert isinstance(caught.value, pintle.ArgumentError)
    assert all(text in str(caught.value) for text in ("1.2.3.4:5", "[::1]:5", "unix:/run/x.sock"))


def test_sessions_are_compared_by_what_they_are(host: pintle.Host) -> None:
    socket = host.open()
    one, two = socket.create_session(), socket.create_session()
    assert host.sessions == socket.sessions == [one, two]
    assert one != two and {one, two, *host.sessions} == {one, two}
    assert one not in ["a session", 1, None]
    with pintle.Host() as other:
        assert other.open().create_session() != one


def test_an_own_session_does_not_measure_a_round_trip(session: pintle.Session) -> None:
    with pytest.raises(pintle.UnsupportedError):
        session.rtt  # noqa: B018


def test_a_full_queue_makes_the_sender_wait() -> None:
    with pintle.Host(queue=2) as host:
        session = host.open().create_session()
        sent = 0
        with pytest.raises(pintle.AgainError):
            while sent < 100:
                session.send(str(sent).encode())
                sent += 1
        assert 2 <= sent < 100
        assert [support.text(session.take()) for _ in range(sent)] == [str(number) for number in range(sent)]
        session.send(b"again")
        assert support.text(session.take()) == "again"


def test_a_session_of_a_plugin(loop: pintle.Session, host: pintle.Host) -> None:
    assert not loop.own
    assert (loop.client_id, loop.address) == (42, "192.0.2.1:4711")
    assert (loop.user, loop.protocol) == ("ana", "loop.1")
    assert loop.rtt == pytest.approx((0.002, 0.0005))
    assert loop.socket.sessions == [loop]
    loop.send(b"there and back")
    assert loop.take() is None
    assert support.text(loop.next(support.TIMEOUT)) == "there and back"


def test_the_owner_decides_about_modes(loop: pintle.Session) -> None:
    assert loop.channel_mode(0) == ChannelMode.RELIABLE
    loop.set_channel_mode(0, ChannelMode.SEQUENCED)
    assert loop.channel_mode(0) == ChannelMode.SEQUENCED
    assert loop.socket.channels == [ChannelMode.RELIABLE, ChannelMode.SEQUENCED]
    with pytest.raises(pintle.UnsupportedError):
        loop.set_channel_mode(0, ChannelMode.UNRELIABLE)
    assert loop.channel_mode(0) == ChannelMode.SEQUENCED
    with pytest.raises(pintle.NotFoundError):
        loop.channel_mode(2)
    with pytest.raises(pintle.ArgumentError):
        loop.set_channel_mode(0, 77)


def test_nothing_is_lost_or_reordered_when_the_queue_is_short() -> None:
    with pintle.Host(queue=2) as host:
        host.load(support.native("loopback"))
        socket = host.open()
        socket.listen("loop://short")
        (session,) = socket.sessions
        for number in range(50):
            session.send(str(number).encode())
        host.poll(0)
        assert [support.text(session.next(support.TIMEOUT)) for _ in range(50)] == [str(n) for n in range(50)]


def test_disconnect_asks_the_owner(loop: pintle.Session, host: pintle.Host) -> None:
    loop.disconnect()
    host.poll(0)
    assert loop.closed and host.sessions == []


def test_a_peer_that_goes_ends_the_session(loop: pintle.Session) -> None:
    loop.send(b"one")
    loop.send(b"bye")
    assert [support.text(message) for message in loop] == ["one"]
    assert loop.closed


def test_the_application_may_end_a_session_of_a_plugin(loop: pintle.Session, host: pintle.Host) -> None:
    loop.close()
    loop.close()
    assert loop.closed and host.sessions == []


USES: list[Callable[[pintle.Session], Any]] = [
    lambda session: session.send(b"x"),
    lambda session: session.receive(b"x"),
    lambda session: session.request(support.Echo.SERVICE, 1),
    lambda session: session.call(support.Echo.SERVICE, 1),
    lambda session: session.disconnect(),
    lambda session: session.channel_mode(0),
    lambda session: session.set_channel_mode(0, ChannelMode.RELIABLE),
    lambda session: session.rtt,
    lambda session: session.user,
    lambda session: session.protocol,
    lambda session: session.client_id,
    lambda session: session.address,
    lambda session: session.socket,
]


@pytest.mark.parametrize("use", USES)
def test_an_ended_session_is_stale(session: pintle.Session, use: Callable[[pintle.Session], Any]) -> None:
    session.close()
    session.close()
    with pytest.raises(pintle.StaleError) as caught:
        use(session)
    assert caught.value.status == "E_STALE"


@pytest.mark.parametrize("use", [*USES, lambda session: session.take(), lambda session: session.next(0)])
def test_a_session_of_a_closed_host_refuses_everything(use: Callable[[pintle.Session], Any]) -> None:
    with pintle.Host() as host:
        session = host.open().create_session()
    assert session.closed
    with pytest.raises(pintle.ClosedError):
        use(session)
    session.close()


def test_a_socket_from_start_to_end(host: pintle.Host) -> None:
    host.load(support.native("loopback"))
    socket = host.open(ChannelMode.UNRELIABLE)
    assert (socket.address, socket.time, socket.sessions) == ("", 0, [])
    assert socket.channels == [ChannelMode.UNRELIABLE]
    opened = socket.state
    socket.listen("loop://first")
    assert socket.address == "loop://first"
    assert socket.state != opened
    assert socket.time > 0
    (session,) = socket.sessions
    with pytest.raises(pintle.Error):
        socket.listen("loop://second")
    socket.stop()
    assert session.closed and socket.sessions == []
    with pytest.raises(pintle.StateError):
        socket.stop()
    socket.listen("loop://third")
    assert len(socket.sessions) == 1
    socket.close()
    socket.close()
    assert socket.closed and host.sessions == []
    with pytest.raises(pintle.StaleError):
        socket.listen("loop://fourth")


def test_an_address_that_nobody_serves_is_refused(host: pintle.Host) -> None:
    with host.open() as socket, pytest.raises(pintle.UnsupportedError):
        socket.listen("nobody://here")
    with host.open() as socket, pytest.raises(pintle.UnsupportedError):
        socket.connect("nobody://here", b"token")
    assert socket.closed


def test_modes_that_do_not_exist_are_refused(host: pintle.Host) -> None:
    with pytest.raises(pintle.ArgumentError):
        host.open(9)


def test_unloading_the_owner_ends_its_sessions(loop: pintle.Session, host: pintle.Host) -> None:
    (plugin,) = host.plugins
    receipt = plugin.unload()
    assert loop.closed
    assert receipt.outcome == "stopped"
    with pytest.raises(pintle.StaleError):
        loop.send(b"x")


def test_an_own_session_is_suspended_and_resumed(session: pintle.Session) -> None:
    session.suspend()
    with pytest.raises(pintle.AgainError):
        session.send(b"not now")
    session.resume()
    session.send(b"now")
    assert support.text(session.take()) == "now"


def test_results_are_held_back_while_a_session_is_suspended(host: pintle.Host, session: pintle.Session) -> None:
    host.load(support.real("echo"))
    session.suspend()
    request = session.request(support.Echo.SERVICE, support.Echo.FAST, b"held")
    host.poll(0)
    assert not request.done
    session.resume()
    assert request.wait(support.TIMEOUT) == [b"held"]
