"""The log of the plugins, for the report of a test that fails."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator

import pytest

TRACE = 5
KEPT = 1000
"""How many lines of one test are kept: the last ones."""

SECTION = "pintle log"


class Log(logging.Handler):
    """Keeps the lines of the running test, and adds them to its report."""

    def __init__(self) -> None:
        super().__init__(TRACE)
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.cut = 0
        self.also: Callable[[str], None] | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        # What this section has need not stand in "Captured log" a second time; caplog keeps it.
        logging_plugin = session.config.pluginmanager.get_plugin("logging-plugin")
        handler = getattr(logging_plugin, "report_handler", None)
        if handler is not None:
            handler.addFilter(lambda record: record.name.partition(".")[0] != "pintle")

    def emit(self, record: logging.LogRecord) -> None:
        plugin = getattr(record, "pintle_plugin", "") or "host"
        target = getattr(record, "pintle_target", "")
        line = f"{record.levelname:8} {plugin}{f' [{target}]' if target else ''}: {record.getMessage()}"
        self.add(line)
        if self.also is not None:
            self.also(line)

    def add(self, line: str) -> None:
        self.cut += len(self.lines) == KEPT
        self.lines.append(line)

    def text(self) -> str:
        cut = [f"({self.cut} earlier lines are not shown)"] if self.cut else []
        return "\n".join(cut + list(self.lines))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        logger = logging.getLogger("pintle")
        level = logger.level
        self.lines.clear()
        self.cut = 0
        logger.setLevel(TRACE)
        logger.addHandler(self)
        try:
            return (yield)
        finally:
            logger.removeHandler(self)
            logger.setLevel(level)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and self.lines:
            report.sections.append((SECTION, self.text()))
        return report


def log_of(config: pytest.Config) -> Log:
    """The one of this run."""
    log = config.pluginmanager.get_plugin("pintle-log")
    assert isinstance(log, Log)
    return log
