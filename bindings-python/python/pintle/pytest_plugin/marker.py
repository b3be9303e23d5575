"""What a test asks for: its markers, then the options, then the configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MARKER = (
    "pintle(path=None, *, config='', instance='', priority=0, timeout=None, clean=True): "
    "the plugin that pintle_plugin loads and how; the seconds that each phase of the test may take; "
    "clean=False lets plugins leave things behind"
)

FIXTURES = {"pintle_host", "pintle_plugin"}


@dataclass(frozen=True)
class Marker:
    """The arguments of ``@pytest.mark.pintle``."""

    path: str | Path | None = None
    config: str = ""
    instance: str = ""
    priority: int = 0
    timeout: float | None = None
    clean: bool = True

    @classmethod
    def of(cls, item: pytest.Item) -> Marker:
        """The markers of a test, its class and its module together; the nearer one wins."""
        wanted: dict[str, Any] = {}
        for marker in reversed(list(item.iter_markers("pintle"))):
            wanted |= marker.kwargs
            if marker.args:
                wanted["path"] = marker.args[0]
            if len(marker.args) > 1 or not wanted.keys() <= cls.__dataclass_fields__.keys():
                raise pytest.UsageError(f"{item.nodeid}: wrong arguments for its marker; it is {MARKER}")
        return cls(**wanted)


def is_native(item: pytest.Item) -> bool:
    """Whether a test uses native plugins, as far as pytest can see."""
    used = getattr(item, "fixturenames", ())
    return item.get_closest_marker("pintle") is not None or not FIXTURES.isdisjoint(used)


def plugin_path(item: pytest.Item) -> Path:
    """The file of the plugin that a test wants."""
    config = item.config
    if path := Marker.of(item).path:
        return config.rootpath / path
    if option := config.getoption("pintle_plugin"):
        return config.invocation_params.dir / str(option)
    if line := config.getini("pintle_plugin"):
        return config.rootpath / str(line)
    pytest.fail(
        "pintle_plugin does not know which plugin to load: mark the test with @pytest.mark.pintle('path/to/plugin.so'), "
        "or give --pintle-plugin=PATH, or write pintle_plugin = PATH into the configuration of pytest",
        pytrace=False,
    )


def timeout_of(item: pytest.Item) -> float | None:
    """How many seconds each phase of a test may take; None for as long as it likes."""
    if not is_native(item):
        return None
    config = item.config
    wishes = (Marker.of(item).timeout, config.getoption("pintle_timeout"), config.getini("pintle_timeout"))
    for wish in wishes:
        if wish not in (None, ""):
            return float(wish) or None
    return None
