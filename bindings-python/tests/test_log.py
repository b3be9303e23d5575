"""The log of plugins in Python's logging."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

import pintle
import support

LEVELS = {"error": logging.ERROR, "warn": logging.WARNING, "info": logging.INFO, "debug": logging.DEBUG, "trace": 5}


def lines(caplog: pytest.LogCaptureFixture, target: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if getattr(record, "pintle_target", None) == target]


def test_levels_keep_their_meaning(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "pintle")
    host.load(support.native("talker"), config="0")
    assert {record.getMessage(): record.levelno for record in lines(caplog, "levels")} == LEVELS


def test_a_line_says_who_wrote_it(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "pintle")
    host.load(support.native("talker"), instance="Who", config="0")
    for record in lines(caplog, "levels"):
        assert record.name == "pintle.Who"
        assert getattr(record, "pintle_plugin") == "Who"


def test_lines_go_where_logging_sends_them(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "pintle")
    caplog.set_level(logging.ERROR, "pintle.quiet")
    host.load(support.native("talker"), instance="loud", config="0")
    host.load(support.native("talker"), instance="quiet", config="0")
    seen = [(getattr(record, "pintle_plugin"), record.getMessage()) for record in lines(caplog, "levels")]
    assert seen == [("loud", "error"), ("loud", "warn"), ("quiet", "error")]


def test_texts_are_not_taken_for_formats(
    host: pintle.Host, session: pintle.Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1, "pintle")
    host.load(support.native("talker"), config="0")
    session.receive("100 % wahr: %s {0} ß".encode())
    assert caplog.records[-1].getMessage() == "100 % wahr: %s {0} ß"


def test_the_last_words_of_a_plugin_are_heard(
    host: pintle.Host, session: pintle.Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1, "pintle")
    plugin = host.load(support.real("stats"))
    session.send(b"four")
    plugin.unload()
    assert "Stats: sent 1 messages (4 bytes), received 0 messages (0 bytes)" in caplog.messages


def test_the_last_words_at_close_are_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "pintle")
    with pintle.Host() as host:
        host.load(support.real("stats"))
    assert any(message.startswith("Stats: sent 0") for message in caplog.messages)


def test_lines_of_a_plugins_own_thread_come_in_order(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "pintle")
    host.load(support.native("talker"), config="100").unload()
    assert [record.getMessage() for record in lines(caplog, "thread")] == [f"line {number}" for number in range(100)]


def test_lines_that_nobody_could_take_are_counted(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1, "pintle")
    count = 200_000
    plugin = host.load(support.native("talker"), config=str(count))
    # destroy waits for the thread, and nothing is drained meanwhile.
    plugin.unload()
    kept = len(lines(caplog, "thread"))
    assert 0 < kept < count
    told = [record.getMessage() for record in caplog.records if "lost" in record.getMessage()]
    assert sum(int(word) for message in told for word in message.split() if word.isdigit()) == count - kept


def raising(handle: Callable[[logging.LogRecord], None]) -> logging.Handler:
    handler = logging.Handler(1)
    handler.handle = handle  # type: ignore[method-assign, assignment]
    return handler


def test_a_handler_may_use_the_host(host: pintle.Host, session: pintle.Session) -> None:
    def answer(record: logging.LogRecord) -> None:
        if record.getMessage() == "answer me":
            session.send(b"answered")

    logger = logging.getLogger("pintle")
    handler = raising(answer)
    logger.addHandler(handler)
    try:
        host.load(support.native("talker"), config="0")
        session.receive(b"answer me")
        assert support.text(session.next(support.TIMEOUT)) == "answered"
    finally:
        logger.removeHandler(handler)
