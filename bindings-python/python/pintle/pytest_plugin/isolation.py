"""Tests in child processes, so that a crash fails one test and not the run."""

from __future__ import annotations

import os
import signal
import warnings
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

import pytest

from .child import Child
from .log import log_of
from .marker import is_native, timeout_of
from .output import Output
from .timeout import GRACE

NEXT = {"setup": "call", "call": "teardown", "teardown": None}


def is_wanted(item: pytest.Item) -> bool:
    """Whether a test runs in a child process."""
    config = item.config
    asked = config.getoption("pintle_isolate") or config.getini("pintle_isolate")
    return bool(asked) and is_native(item) and not config.getoption("usepdb", False)


def run(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Runs a test in a child process, and reports it as if it had run here."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    Parent(item).run()
    # The child ended what it began. What was begun here for earlier tests, and is no longer needed, ends now.
    ending = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), when="teardown")
    if ending.excinfo is not None:
        hook.pytest_runtest_logreport(report=hook.pytest_runtest_makereport(item=item, call=ending))
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


class Parent:
    """This process's side of a test."""

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        self.output = Output(item.config)
        self.timeout = timeout_of(item)
        self.phase: str | None = "setup"
        self.fault = ""

    def run(self) -> None:
        reader, writer = Pipe(duplex=False)
        with warnings.catch_warnings():
            # The child goes on with this thread alone, whatever others there are.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            reader.close()
            Child(self.item, self.output, writer).run()
        writer.close()
        try:
            in_time = self.listen(reader, child)
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            reader.close()
            _, status = os.waitpid(child, 0)
        out, err = self.output.take()
        if self.phase is not None:
            self.report_death(self.phase, self.reason(in_time, status), out, err)

    def listen(self, reader: Connection, child: int) -> bool:
        """Takes what the child says until it ends. Whether it did so in time."""
        # What the child started may outlive it and keep the pipe open, so that its end is waited for too.
        end = os.pidfd_open(child)
        try:
            while ready := wait([reader, end], self.timeout and self.timeout + GRACE):
                if reader not in ready:
                    return True
                self.take(**reader.recv())
            # The crash handler says where it hangs, if it still can.
            os.kill(child, signal.SIGABRT)
            if not wait([end], GRACE):
                os.kill(child, signal.SIGKILL)
            return False
        except EOFError:
            return True
        finally:
            os.close(end)

    def take(
        self,
        report: dict[str, Any] | None = None,
        log: str = "",
        fault: str = "",
        leave: tuple[str, int | None] | None = None,
    ) -> None:
        """One thing that the child says."""
        config = self.item.config
        if report is not None:
            known = config.hook.pytest_report_from_serializable(config=config, data=report)
            self.phase = NEXT[known.when] if known.passed or known.when != "setup" else "teardown"
            self.item.ihook.pytest_runtest_logreport(report=known)
        if log:
            log_of(config).add(log)
        if leave is not None:
            pytest.exit(*leave)
        self.fault += fault

    def reason(self, in_time: bool, status: int) -> str:
        """Why the child ended before the test was over."""
        if not in_time:
            return f"it took longer than {self.timeout:g} s, its timeout, and did not return; its process was ended"
        if os.WIFSIGNALED(status):
            return f"the process of this test died of {signal.Signals(os.WTERMSIG(status)).name}"
        if self.fault:
            return f"the process of this test failed outside of it\n{self.fault}"
        return f"the process of this test ended with exit code {os.WEXITSTATUS(status)} before the test was over"

    def report_death(self, phase: Any, reason: str, out: str, err: str) -> None:
        said = [line for line in err.splitlines() if line.startswith("pintle: ")]
        self.item.add_report_section(phase, "stdout", out)
        self.item.add_report_section(phase, "stderr", err)
        call = pytest.CallInfo.from_call(lambda: pytest.fail("\n".join([reason, *said]), pytrace=False), when=phase)
        hook = self.item.ihook
        hook.pytest_runtest_logreport(report=hook.pytest_runtest_makereport(item=self.item, call=call))
