"""The host: start, limits, loop, end."""

from __future__ import annotations

import ctypes
import gc
import os
import select
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

import pintle
import support


def test_limits_are_those_that_were_asked_for() -> None:
    with pintle.Host(limits=pintle.Limits(sessions=3, messages=32)) as host:
        assert host.limits.sessions == 3
        assert host.limits.messages == 32
        assert host.limits.sockets > 0


def test_a_limit_that_is_reached_is_an_error_that_says_so() -> None:
    with pintle.Host(limits=pintle.Limits(sessions=2)) as host:
        socket = host.open()
        sessions = [socket.create_session(), socket.create_session()]
        with pytest.raises(pintle.CapacityError) as caught:
            socket.create_session()
        assert caught.value.code == pintle.Status.E_CAPACITY
        sessions.pop().close()
        sessions.append(socket.create_session())


def test_a_limit_that_cannot_be_is_refused() -> None:
    with pytest.raises((ValueError, OverflowError)):
        pintle.Host(limits=pintle.Limits(sessions=-1))
    with pytest.raises(pintle.ArgumentError):
        pintle.Host(limits=pintle.Limits(messages=1 << 31))


def test_a_queue_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="queue"):
        pintle.Host(queue=0)


def test_closing_twice_is_fine_and_says_once_what_it_ended() -> None:
    host = pintle.Host()
    host.load(support.real("stats"))
    host.load(support.real("echo"))
    assert [receipt.outcome for receipt in host.close()] == ["stopped", "stopped"]
    assert host.closed
    assert host.close() == []
    assert sorted(name for name, _ in host.receipts) == ["org.pintle.echo", "org.pintle.stats"]


def test_a_context_ends_the_host_and_everything_made_from_it() -> None:
    with pintle.Host() as host:
        plugin = host.load(support.real("stats"))
        socket = host.open()
        session = socket.create_session()
        message = host.message(b"x")
        timer = host.timer(1000, lambda: None)
        assert not (plugin.closed or socket.closed or session.closed or message.closed or timer.closed)
    assert host.closed
    assert plugin.closed and socket.closed and session.closed and message.closed and timer.closed


def test_an_error_in_the_context_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), pintle.Host() as host:
        host.load(support.real("stats"))
        raise ZeroDivisionError
    assert host.closed


USES: list[Callable[[pintle.Host], Any]] = [
    lambda host: host.limits,
    lambda host: host.plugins,
    lambda host: host.sessions,
    lambda host: host.load(support.real("stats")),
    lambda host: host.load_static(0x1000),
    lambda host: host.open(),
    lambda host: host.message(b"x"),
    lambda host: host.timer(1, print),
    lambda host: host.submit(print),
    lambda host: host.poll(0),
    lambda host: host.run(),
    lambda host: host.stop(),
    lambda host: host.wake(),
    lambda host: host.fileno(),
    lambda host: host.next_deadline,
    lambda host: host.adopt(),
    lambda host: host.__enter__(),
]


@pytest.mark.parametrize("use", USES)
def test_a_closed_host_refuses_everything(use: Callable[[pintle.Host], Any]) -> None:
    host = pintle.Host()
    host.close()
    with pytest.raises(pintle.ClosedError, match="host is closed") as caught:
        use(host)
    assert caught.value.code == pintle.Status.E_CLOSED


def test_a_host_that_never_started_can_go() -> None:
    host = pintle.Host.__new__(pintle.Host)
    with pytest.raises(pintle.ClosedError):
        host.open()
    assert host.closed


def test_closed_hosts_give_their_places_back() -> None:
    """A process can have 1,023 hosts at a time."""
    for _ in range(11):
        hosts = [pintle.Host() for _ in range(100)]
        for host in hosts:
            host.close()


@pytest.mark.filterwarnings("ignore:a pintle:ResourceWarning")
def test_forgotten_hosts_give_their_places_back() -> None:
    for _ in range(11):
        hosts = [pintle.Host() for _ in range(100)]
        hosts.clear()
        gc.collect()


def test_plugins_stand_in_the_order_of_loading(host: pintle.Host) -> None:
    first = host.load(support.real("stats"), instance="b")
    second = host.load(support.real("shout"), instance="a", config="channels=0", priority=-5)
    assert host.plugins == [first, second]
    assert [plugin.name for plugin in host.plugins] == ["b", "a"]
    first.unload()
    assert host.plugins == [second]


@pytest.mark.parametrize("first", ["refuser", "stats"])
def test_priority_decides_who_filters_first(
    host: pintle.Host, session: pintle.Session, first: str, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = {"refuser": support.native("refuser"), "stats": support.real("stats")}
    for name, path in plugins.items():
        host.load(path, instance=name, priority=-1 if name == first else 1)
    with pytest.raises(pintle.StateError):
        session.receive(b"%d" % pintle.Status.E_STATE)
    host.close()
    # Who comes behind the one that refuses never sees the message.
    assert f"received {int(first == 'stats')} messages" in caplog.text


def test_submitted_work_runs_in_a_later_turn_in_order(host: pintle.Host) -> None:
    done: list[int] = []
    host.submit(lambda: done.append(1))
    host.submit(lambda: done.append(2))
    assert done == []
    host.poll(0)
    assert done == [1, 2]


def test_submitting_more_than_fits_is_refused() -> None:
    with pintle.Host(limits=pintle.Limits(tasks=4)) as host:
        done: list[int] = []
        with pytest.raises(pintle.AgainError):
            for number in range(100_000):
                host.submit(lambda number=number: done.append(number))  # type: ignore[misc]
        accepted = number
        support.until(host, lambda: len(done) == accepted)
        assert done == list(range(accepted))
        host.submit(lambda: None)


def test_the_fd_is_readable_when_there_is_work(host: pintle.Host) -> None:
    fd = host.fileno()
    assert select.select([fd], [], [], 0)[0] == []
    done: list[bool] = []
    host.submit(lambda: done.append(True))
    assert select.select([fd], [], [], support.TIMEOUT)[0] == [fd]
    host.poll(0)
    assert done == [True]


def test_the_deadline_is_that_of_the_next_timer(host: pintle.Host) -> None:
    assert host.next_deadline is None
    far = host.timer(2000, lambda: None)
    near = host.timer(1000, lambda: None)
    first = host.next_deadline
    assert first is not None
    near.cancel()
    second = host.next_deadline
    assert second is not None and second > first
    far.cancel()
    assert host.next_deadline is None


def test_stop_from_another_thread_ends_run(host: pintle.Host) -> None:
    thread = threading.Thread(target=host.stop)
    host.timer(0, thread.start)
    host.run()
    thread.join()


def test_a_stop_that_comes_first_ends_the_next_run(host: pintle.Host) -> None:
    host.stop()
    host.run()


def test_wake_from_another_thread_ends_a_wait(host: pintle.Host) -> None:
    thread = threading.Thread(target=host.wake)
    thread.start()
    host.poll(None)
    thread.join()


def interrupt_the_wait(host: pintle.Host) -> threading.Thread:
    """Presses Ctrl-C when the host has done something and waits again. The thread is to be joined."""
    # A shell starts its background jobs with the signal ignored, and Python leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    worked = threading.Event()

    def press() -> None:
        worked.wait()
        os.kill(os.getpid(), signal.SIGINT)

    host.timer(0, worked.set)
    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_ctrl_c_ends_run(host: pintle.Host) -> None:
    thread = interrupt_the_wait(host)
    with pytest.raises(KeyboardInterrupt):
        host.run()
    thread.join()
    assert not host.closed
    host.poll(0)


def test_ctrl_c_ends_a_wait_without_end(host: pintle.Host, session: pintle.Session) -> None:
    thread = interrupt_the_wait(host)
    with pytest.raises(KeyboardInterrupt):
        session.next()
    thread.join()


def test_a_nested_turn_is_refused(host: pintle.Host) -> None:
    host.submit(lambda: host.poll(0))
    with pytest.raises(pintle.ReentrantError):
        host.poll(0)


def test_a_host_is_not_closed_inside_its_own_call(host: pintle.Host) -> None:
    host.submit(host.close)
    with pytest.raises(pintle.ReentrantError):
        host.poll(0)
    assert not host.closed


def test_a_plugin_that_is_mapped_already_is_loaded_by_its_entry(host: pintle.Host) -> None:
    library = ctypes.CDLL(str(support.native("talker")))
    entry = ctypes.addressof(ctypes.c_char.in_dll(library, "pintle_entry"))
    plugin = host.load_static(entry, instance="linked", config="0")
    assert plugin.name == "linked"
    assert plugin.path is None
    assert plugin.descriptor.id == "org.pintle.test.talker"
    receipt = plugin.unload()
    assert (receipt.clean, receipt.image) == (True, "static")


def test_a_file_is_inspected_without_running_it() -> None:
    for inspect in (pintle.inspect, pintle.Host.inspect):
        inspection = inspect(support.real("echo"))
        assert inspection.descriptor is not None
        assert inspection.descriptor.id == "org.pintle.echo"
        assert inspection.descriptor.services == [support.Echo.SERVICE]
        assert "slow_request" in (inspection.callbacks or [])


def test_inspection_says_why_a_file_would_be_refused(tmp_path: Any) -> None:
    (tmp_path / "notes.so").write_text("not a library")
    inspection = pintle.inspect(tmp_path / "notes.so")
    assert (inspection.verdict, inspection.code) == ("refused", pintle.Status.E_NOT_A_LIBRARY)
    assert "text file" in str(inspection.findings[0])
