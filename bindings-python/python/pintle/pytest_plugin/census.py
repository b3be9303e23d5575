"""What belongs to the whole process: its threads and its fds."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

TASKS = Path("/proc/self/task")
DESCRIPTORS = Path("/proc/self/fd")

WATCHDOGS: set[int] = set()
"""Threads of this package: no test leaves them behind."""

ENDING = 1.0
"""How many seconds a thread gets to go: the system lists it for a moment after it was joined."""


@dataclass(frozen=True)
class Census:
    """The threads and fds of this process at one moment."""

    threads: dict[int, str]
    fds: dict[int, str]

    @classmethod
    def take(cls) -> Census:
        return cls(threads(), fds())

    def growth(self) -> list[str]:
        """What there is now and was not then, one sentence each."""
        _let_go()
        deadline = time.monotonic() + ENDING
        while (now := Census.take()).threads.keys() - self.threads.keys() and time.monotonic() < deadline:
            time.sleep(0.01)
        left = [
            f"a thread of the process runs that did not before the test: {name} (thread {number})"
            for number, name in now.threads.items()
            if number not in self.threads
        ]
        kept = _mapped() | _asked()
        left += [
            f"an fd of the process is open that was not before the test: {number}, {target}"
            for number, target in now.fds.items()
            if self.fds.get(number) != target and target not in kept
        ]
        return left


def _let_go() -> None:
    """Lets go of what only garbage and the frames of a failed test still hold."""
    for frame, _ in traceback.walk_tb(getattr(sys, "last_traceback", None)):
        with contextlib.suppress(RuntimeError):
            frame.clear()
        # Before Python 3.13 this is a copy, which forgets only when it is looked at.
        frame.f_locals
    gc.collect()


def threads() -> dict[int, str]:
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    found = {}
    for task in _entries(TASKS):
        try:
            name = (TASKS / str(task) / "comm").read_text().strip()
        except OSError:
            continue
        if task not in WATCHDOGS:
            found[task] = names.get(task, name)
    return found


def fds() -> dict[int, str]:
    found = {}
    for number in _entries(DESCRIPTORS):
        try:
            found[number] = os.readlink(DESCRIPTORS / str(number))
        except OSError:
            continue
    return found


def _entries(folder: Path) -> list[int]:
    try:
        return sorted(map(int, os.listdir(folder)))
    except FileNotFoundError:
        return []


def _mapped() -> set[str]:
    """The files that are mapped: the host keeps those of its images open."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except FileNotFoundError:
        return set()
    return {line.split(maxsplit=5)[5] for line in lines if line.count("/")}


def _asked() -> set[str]:
    """What the host keeps open, once it has loaded a plugin, to ask the system about this process."""
    return {f"/proc/{os.getpid()}/{name}" for name in ("task", "fd", "maps")}
