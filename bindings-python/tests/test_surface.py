"""What holds for every class: names, texts, pickling, typing."""

from __future__ import annotations

import ctypes
import inspect
import pickle
import re
from typing import Any

import pytest

import pintle
import support
from support import Echo


EMPTY = (ctypes.c_uint32 * 2)(8, 0)
"""A table without functions: its size, and zero."""


@pytest.fixture
def everything(host: pintle.Host, session: pintle.Session) -> dict[str, Any]:
    plugin = host.load(support.real("echo"))
    shout = pintle.inspect(support.real("shout")).descriptor
    assert shout is not None
    session.send(b"x")
    return {
        "Host": host,
        "Plugin": plugin,
        "Descriptor": plugin.descriptor,
        "Receipt": plugin.receipt,
        "Setting": shout.settings[0],
        "Inspection": pintle.inspect(support.real("echo")),
        "Finding": pintle.inspect(support.real("echo")).findings[0],
        "Socket": session.socket,
        "Session": session,
        "Request": session.request(Echo.SERVICE, Echo.FAST),
        "Message": session.take(),
        "Offer": host.publish("org.test.empty/1", ctypes.addressof(EMPTY)),
        "Timer": host.timer(1000, print),
    }


def test_everything_has_a_text_also_when_it_is_closed(host: pintle.Host, everything: dict[str, Any]) -> None:
    for name, thing in everything.items():
        assert type(thing).__name__ == name and name in pintle.__all__
        assert "pintle" in repr(thing) and str(thing)
    host.close()
    for thing in everything.values():
        assert "pintle" in repr(thing) and str(thing)


def test_everything_knows_its_host(host: pintle.Host, everything: dict[str, Any]) -> None:
    for name in ("Plugin", "Socket", "Session", "Message", "Offer"):
        assert everything[name].host is host
    assert everything["Request"].session == everything["Session"]


def test_nothing_gets_attributes_by_mistake(everything: dict[str, Any]) -> None:
    for thing in everything.values():
        with pytest.raises(AttributeError):
            thing.misspelt = 1


def test_every_public_name_is_documented() -> None:
    for name in pintle.__all__:
        thing = getattr(pintle, name)
        if inspect.isclass(thing) or callable(thing):
            assert inspect.getdoc(thing), name
    owners = (
        pintle.Host, pintle.Plugin, pintle.Socket, pintle.Session, pintle.Request, pintle.RequestInfo, pintle.Message,
        pintle.Offer, pintle.Timer,
    )
    for owner in owners:
        undocumented = [name for name, member in vars(owner).items() if name[0] != "_" and not inspect.getdoc(member)]
        assert undocumented == [], owner


def test_the_readme_names_every_error_and_option() -> None:
    readme = (support.ROOT / "bindings-python/README.md").read_text()
    errors = [name for name in pintle.__all__ if name.endswith("Error")]
    assert [name for name in errors if not re.search(rf"\b{name}\b", readme)] == []
    for option in ("--pintle-plugin", "--pintle-isolate", "--pintle-timeout", "pintle_host", "pintle_plugin"):
        assert option in readme


def test_errors_pass_between_processes(host: pintle.Host, session: pintle.Session) -> None:
    host.load(support.real("echo"))
    with pytest.raises(pintle.ServiceError) as asked:
        session.call(Echo.SERVICE, Echo.FAIL, b"why", timeout=support.TIMEOUT)
    with pytest.raises(pintle.LoadError) as loaded:
        host.load("absent.so")
    with pytest.raises(pintle.TimeoutError) as waited:
        session.next(0)
    for error in (asked.value, loaded.value, waited.value):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error) and str(again) == str(error)
        assert vars(again) == vars(error)
