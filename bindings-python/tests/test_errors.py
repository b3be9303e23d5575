"""Statuses and the exceptions that they become."""

from __future__ import annotations

import builtins
import re

import pytest

import pintle
import support

CLASSES: dict[str, type[pintle.Error]] = {
    "E_ARGUMENT": pintle.ArgumentError,
    "E_HANDLE": pintle.HandleError,
    "E_STALE": pintle.StaleError,
    "E_KIND": pintle.HandleError,
    "E_FOREIGN": pintle.HandleError,
    "E_STATE": pintle.StateError,
    "E_WRONG_THREAD": pintle.WrongThreadError,
    "E_NOT_OWNER": pintle.NotOwnerError,
    "E_REENTRANT": pintle.ReentrantError,
    "E_CAPACITY": pintle.CapacityError,
    "E_AGAIN": pintle.AgainError,
    "E_CLOSED": pintle.ClosedError,
    "E_POISONED": pintle.PoisonedError,
    "E_NOT_FOUND": pintle.NotFoundError,
    "E_UNSUPPORTED": pintle.UnsupportedError,
    "E_PERMISSION": pintle.PermissionDeniedError,
    "E_SEALED": pintle.StateError,
    "E_UNDERFLOW": pintle.NotFoundError,
    "E_EXISTS": pintle.StateError,
    "E_CANCELLED": pintle.CancelledError,
    "E_PANIC": pintle.PoisonedError,
    "E_TIMEOUT": pintle.TimeoutError,
    "E_IO": pintle.IoError,
    "E_NO_FILE": pintle.LoadError,
    "E_NOT_A_LIBRARY": pintle.LoadError,
    "E_TRUNCATED": pintle.LoadError,
    "E_NO_ENTRY": pintle.LoadError,
    "E_DESCRIPTOR": pintle.LoadError,
    "E_VERSION": pintle.LoadError,
    "E_MACHINE": pintle.LoadError,
    "E_LAYOUT": pintle.LoadError,
    "E_LINK": pintle.LoadError,
    "E_MISMATCH": pintle.LoadError,
    "E_SLOT": pintle.LoadError,
}


def test_statuses_are_those_of_the_header() -> None:
    header = (support.ROOT / "include/pintle/plugin.h").read_text()
    defined = re.findall(r"^#define PINTLE_(OK|CONSUMED|PENDING|E_\w+) (\d+)$", header, re.MULTILINE)
    assert {status.name: status.value for status in pintle.Status} == {name: int(code) for name, code in defined}


def test_every_status_of_an_error_has_its_class() -> None:
    assert CLASSES.keys() == {status.name for status in pintle.Status if status.name.startswith("E_")}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.pintle(clean=False)
def test_a_status_that_a_plugin_answers_reaches_the_caller(
    host: pintle.Host, session: pintle.Session, name: str
) -> None:
    host.load(support.native("refuser"))
    code = pintle.Status[name]
    # A panic poisons whoever had it, and only that one.
    seen = pintle.Status.E_POISONED if code == pintle.Status.E_PANIC else code
    with pytest.raises(pintle.Error) as caught:
        session.receive(str(int(code)).encode())
    error = caught.value
    assert type(error) is CLASSES[name]
    assert (error.code, error.status) == (seen, seen.name)
    assert error.origin == ("host" if seen >= 1000 else "kernel")
    assert str(error)


@pytest.mark.parametrize(("code", "origin"), [(999, "kernel"), (1999, "host"), (2001, "dialect"), (10_000, "plugin")])
def test_a_status_that_nobody_knows_travels_unchanged(
    host: pintle.Host, session: pintle.Session, code: int, origin: str
) -> None:
    host.load(support.native("refuser"))
    with pytest.raises(pintle.PluginError) as caught:
        session.receive(str(code).encode())
    assert (caught.value.code, caught.value.origin) == (code, origin)


@pytest.mark.parametrize("status", [pintle.Status.OK, pintle.Status.CONSUMED, 99])
def test_what_is_no_error_is_not_raised(host: pintle.Host, session: pintle.Session, status: int) -> None:
    host.load(support.native("refuser"))
    session.receive(str(int(status)).encode())


def test_errors_are_also_what_python_calls_them() -> None:
    for name in CLASSES:
        assert issubclass(CLASSES[name], pintle.Error)
    assert issubclass(pintle.Error, Exception)
    assert issubclass(pintle.ServiceError, pintle.Error)
    assert issubclass(pintle.ArgumentError, ValueError)
    assert issubclass(pintle.TimeoutError, builtins.TimeoutError)
    assert issubclass(pintle.IoError, OSError)


def test_channel_modes_are_those_of_the_header() -> None:
    header = (support.ROOT / "include/pintle/plugin.h").read_text()
    defined = re.findall(r"^#define PINTLE_MODE_(\w+) (\d)$", header, re.MULTILINE)
    assert {mode.name: mode.value for mode in pintle.ChannelMode} == {name: int(code) for name, code in defined}


@pytest.mark.parametrize("name", ["Session", "Socket", "Plugin", "Receipt", "Message", "Request", "Timer"])
def test_what_a_host_makes_is_not_made_by_hand(name: str) -> None:
    with pytest.raises(TypeError):
        getattr(pintle, name)(1)
