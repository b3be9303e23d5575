"""The time that a test may take.

First the test is interrupted, as by Ctrl-C. That ends what waits in Python and what waits in the host, but no native code that
does not return. What then becomes of the process is the part of ``isolation``: its child is killed. Without isolation nothing can be
done but to show where every thread stands, and to end the whole run.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import threading
from collections.abc import Generator, Iterator
from types import FrameType

import pytest

from .marker import timeout_of

GRACE = 2.0
"""How many seconds an interrupted test gets to end before the process does."""


class Watch:
    """Limits each phase of a test."""

    def __init__(self) -> None:
        # pytest captures what is written to the standard error from here on, and what it has captured dies with the process.
        self.stderr = os.dup(2)
        self.ends_process = True

    def pytest_unconfigure(self) -> None:
        os.close(self.stderr)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self.limit(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self.limit(item):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        __tracebackhide__ = True
        with self.limit(item):
            return (yield)

    @contextlib.contextmanager
    def limit(self, item: pytest.Item) -> Iterator[None]:
        seconds = timeout_of(item)
        if seconds is None:
            yield
            return

        def interrupt(signum: int, frame: FrameType | None) -> None:
            __tracebackhide__ = True
            pytest.fail(f"it took longer than {seconds:g} s, its timeout")

        # Only the main thread hears signals.
        hears = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGALRM, interrupt) if hears else None
        if hears:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        if self.ends_process:
            faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=self.stderr)
        try:
            yield
        finally:
            if self.ends_process:
                faulthandler.cancel_dump_traceback_later()
            if hears:
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
