"""Set-up of the tests."""

from __future__ import annotations

import pytest

import pintle
import support

pytest_plugins = ["pytester"]


def pytest_sessionstart() -> None:
    if reason := support.missing():
        pytest.exit(f"the tests need the real plugins: {reason}", returncode=2)


@pytest.fixture
def host(pintle_host: pintle.Host) -> pintle.Host:
    """A host of which nothing may be left when the test is over."""
    return pintle_host


@pytest.fixture
def session(host: pintle.Host) -> pintle.Session:
    """A session that the test owns."""
    return host.open().create_session()


@pytest.fixture
def echo(host: pintle.Host) -> pintle.Plugin:
    return host.load(support.real("echo"))


@pytest.fixture
def waiter(host: pintle.Host) -> pintle.Plugin:
    return host.load(support.native("waiter"))


@pytest.fixture
def loop(host: pintle.Host) -> pintle.Session:
    """A session of the transport plugins/loopback.c, whose peer sends everything back."""
    host.load(support.native("loopback"))
    host.open(pintle.ChannelMode.RELIABLE, pintle.ChannelMode.SEQUENCED).listen("loop://here")
    (session,) = host.sessions
    return session
