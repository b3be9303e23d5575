"""The pytest plugin: fixtures for a host and a loaded plugin, and checks of what they leave behind.

pytest finds it by itself once ``pintle`` is installed. Nothing else imports it.
"""

from __future__ import annotations

import pytest

from . import isolation, timeout
from .fixtures import pintle_host, pintle_plugin
from .log import Log
from .marker import MARKER, Marker

__all__ = ["pintle_host", "pintle_plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("pintle", "native plugins")
    group.addoption(
        "--pintle-plugin",
        metavar="PATH",
        help="the plugin that the fixture pintle_plugin loads where no marker names one",
    )
    group.addoption(
        "--pintle-isolate",
        action="store_true",
        default=None,
        help="run each test that uses native plugins in a child process, so that a crash fails that test only; not with --pdb",
    )
    group.addoption(
        "--pintle-timeout",
        metavar="SECONDS",
        type=float,
        help="how long set-up, call and tear-down of a test that uses native plugins may each take",
    )
    parser.addini("pintle_plugin", "as --pintle-plugin, from the root folder", default="")
    parser.addini("pintle_isolate", "as --pintle-isolate", type="bool", default=False)
    parser.addini("pintle_timeout", "as --pintle-timeout", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(Log(), "pintle-log")
    config.pluginmanager.register(timeout.Watch(), "pintle-timeout")


def pytest_itemcollected(item: pytest.Item) -> None:
    Marker.of(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    if not isolation.is_wanted(item):
        return None
    isolation.run(item, nextitem)
    return True
