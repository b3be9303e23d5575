"""Timers and tasks of the application."""

from __future__ import annotations

import gc

import pytest

import pintle
import support


def test_a_timer_runs_once(host: pintle.Host) -> None:
    runs: list[int] = []
    timer = host.timer(0.001, lambda: runs.append(1))
    assert not timer.closed
    support.until(host, lambda: timer.closed)
    assert runs == [1]
    timer.cancel()
    timer.close()


def test_a_periodic_timer_runs_until_it_is_cancelled(host: pintle.Host) -> None:
    runs: list[int] = []

    def run() -> None:
        runs.append(1)
        if len(runs) == 5:
            timer.cancel()

    timer = host.timer(0, run, period=0.001)
    support.until(host, lambda: timer.closed)
    host.poll(0.01)
    assert len(runs) == 5


def test_a_context_cancels(host: pintle.Host) -> None:
    with host.timer(1000, lambda: None) as timer:
        assert host.next_deadline is not None
    assert timer.closed and host.next_deadline is None


def test_a_timer_that_is_cancelled_in_its_own_turn_does_not_run(host: pintle.Host) -> None:
    runs: list[str] = []
    later = host.timer(0, lambda: runs.append("later"))
    first = host.timer(0, lambda: (runs.append("first"), later.cancel()))
    second = host.timer(0, lambda: (runs.append("second"), first.cancel(), later.cancel()))
    support.until(host, lambda: later.closed and first.closed)
    assert len(runs) in (1, 2) and second is not None


def test_a_timer_that_is_forgotten_still_runs(host: pintle.Host) -> None:
    runs: list[int] = []
    host.timer(0.001, lambda: runs.append(1))
    gc.collect()
    support.until(host, lambda: runs == [1])


@pytest.mark.parametrize("delay", [-1.0, float("nan"), float("inf"), 1e30])
def test_a_time_that_cannot_be_is_refused(host: pintle.Host, delay: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        host.timer(delay, lambda: None)
    with pytest.raises((ValueError, OverflowError)):
        host.poll(delay if delay != float("inf") else -1.0)


def test_what_is_not_callable_is_refused(host: pintle.Host) -> None:
    with pytest.raises(TypeError):
        host.timer(0, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        host.submit("not callable")  # type: ignore[arg-type]


def test_more_timers_than_fit_are_refused() -> None:
    with pintle.Host(limits=pintle.Limits(timers=2)) as host:
        timers = []
        with pytest.raises(pintle.CapacityError):
            for _ in range(10):
                timers.append(host.timer(1000, lambda: None))
        timers[0].close()
        host.timer(1000, lambda: None)
