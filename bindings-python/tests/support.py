"""What the tests share: the real plugins, the small ones of the folder plugins/, and what these offer."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pintle

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path(__file__).resolve().parent / "plugins"
BUILT = tempfile.TemporaryDirectory(prefix="pintle-test-plugins-")
atexit.register(BUILT.cleanup)

REAL = ("stats", "shout", "echo", "websocket")

TIMEOUT = 30.0
"""Seconds that nothing takes: where a test waits, it fails after this time rather than never."""


class Echo:
    """The service of plugins/echo."""

    SERVICE = 0x1000_0001
    FAST, SLOW, FAIL = 1, 2, 3
    FAILED = 10_001


class Waiter:
    """The service of plugins/waiter.c."""

    SERVICE = 0x2000_0001
    UNTIL_CANCELLED, UNTIL_RELEASED, RELEASE, CANCELLED, SLOW_RESULTS, FAST_RESULTS, NEVER = range(1, 8)


class Refuser:
    """The service of plugins/refuser.c, whose request N ends with the status N."""

    SERVICE = 0x2000_0002


def missing() -> str:
    """Why there are no real plugins; empty if they are there."""
    folder = os.environ.get("PINTLE_PLUGINS")
    if folder is None:
        what = "the environment variable PINTLE_PLUGINS is not set"
    elif absent := [name for name in REAL if not (Path(folder) / f"{name}.so").is_file()]:
        what = f"{folder} has no {', '.join(f'{name}.so' for name in absent)}"
    else:
        return ""
    return f"{what}\nBuild the plugins with `cargo xtask plugins`, and set PINTLE_PLUGINS to the folder that it names."


def real(name: str) -> Path:
    """A plugin of the folder plugins/ of the project."""
    return Path(os.environ.get("PINTLE_PLUGINS", "PINTLE_PLUGINS-is-not-set")).resolve() / f"{name}.so"


@functools.cache
def native(name: str) -> Path:
    """A plugin of the folder plugins/ beside this file, compiled."""
    library = Path(BUILT.name) / f"{name}.so"
    compile(SOURCES / f"{name}.c", library)
    return library


@functools.cache
def shared(name: str) -> Path:
    """A plugin in C or C++ of the folder tests/ of the project, compiled."""
    source = ROOT / "tests" / name
    library = Path(BUILT.name) / f"{source.stem}.so"
    compile(source, library)
    return library


def compile(source: Path, library: Path) -> None:
    """Makes a shared library of a file in C or C++."""
    in_c = [os.environ.get("CC", "cc"), "-std=gnu11", "-D_GNU_SOURCE"]
    compiler = in_c if source.suffix == ".c" else [os.environ.get("CXX", "c++"), "-std=c++17"]
    flags = "-Wall -Wextra -Werror -pedantic -O1 -g -fPIC -shared -pthread -fvisibility=hidden".split()
    include = f"-I{ROOT / 'include'}"
    subprocess.run([*compiler, *flags, include, str(source), "-o", str(library)], check=True)


def until(host: pintle.Host, done: Callable[[], bool]) -> None:
    """Drives a host until something holds."""
    deadline = time.monotonic() + TIMEOUT
    while not done():
        assert time.monotonic() < deadline, "it does not come true"
        host.poll(TIMEOUT)


def data(message: pintle.Message | None) -> bytes:
    """What a message holds. It is closed then."""
    assert message is not None
    with message:
        return bytes(message)


def text(message: pintle.Message | None) -> str:
    """What a message says. It is closed then."""
    return data(message).decode()


def python(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in an interpreter of its own."""
    command = [sys.executable, "-X", "faulthandler", "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)


class Buffer(ctypes.Structure):
    """Py_buffer, as far as it is read."""

    _fields_ = [("buf", ctypes.c_void_p), ("rest", ctypes.c_byte * 128)]


def address(view: memoryview) -> int:
    """Where the bytes of a view are."""
    buffer = Buffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(buffer), 0)
    try:
        return int(buffer.buf or 0)
    finally:
        ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
