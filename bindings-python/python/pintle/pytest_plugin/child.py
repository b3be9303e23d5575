"""The child's side of a test in a process of its own."""

from __future__ import annotations

import faulthandler
import os
import sys
import traceback
from collections.abc import Generator
from multiprocessing.connection import Connection
from typing import Any, NoReturn, cast

import pytest
from _pytest.runner import runtestprotocol

import pintle

from .log import log_of
from .output import Output
from .timeout import Watch


class Child:
    """Runs one test, says to the parent what it did, and ends."""

    def __init__(self, item: pytest.Item, output: Output, parent: Connection) -> None:
        self.item = item
        self.output = output
        self.parent = parent
        self.begun: list[tuple[pytest.FixtureDef[Any], Any]] = []

    def say(self, **what: Any) -> None:
        self.parent.send(what)

    def run(self) -> NoReturn:
        try:
            self.work()
        finally:
            # Neither exit handlers nor finalizers: they are the parent's.
            os._exit(0)

    def work(self) -> None:
        try:
            self.prepare()
            # The "next test" is a neighbour, so that nothing wider than this test ends: it belongs to the parent.
            runtestprotocol(self.item, log=False, nextitem=cast(pytest.Item, self.item.parent))
        except pytest.exit.Exception as leaving:
            self.say(leave=(leaving.msg, leaving.returncode))
        except BaseException:
            self.say(fault=traceback.format_exc())
        sys.stdout.flush()
        sys.stderr.flush()

    def prepare(self) -> None:
        plugins = self.item.config.pluginmanager
        plugins.register(self, "pintle-child")
        log_of(self.item.config).also = lambda line: self.say(log=line)
        # The parent ends a child that hangs.
        watch = plugins.get_plugin("pintle-timeout")
        assert isinstance(watch, Watch)
        watch.ends_process = False
        self.output.enter()
        faulthandler.enable(file=2, all_threads=False)
        pintle.install_crash_handler()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        data = item.config.hook.pytest_report_to_serializable(config=item.config, report=report)
        self.say(report=data)
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: Any) -> Generator[None, object, object]:
        __tracebackhide__ = True
        self.begun.append((fixturedef, request))
        return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        """Ends the fixtures of a wider scope that were begun here; those of this test have ended by then."""
        result = yield
        while self.begun:
            fixture, request = self.begun.pop()
            fixture.finish(request)
        return result
