"""Loads, drives and unloads a plugin 1,000 and 10,000 times: the process must not grow in between.

    PINTLE_PLUGINS=target/plugins python bindings-python/tests/memory.py [FEW MANY]
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from pathlib import Path

import pintle
import support

FEW, MANY = 1_000, 10_000

NOISE = 1 << 20
"""Bytes that two measurements of the same process may differ by: what the C library's allocator keeps is no leak. One byte that is
lost in each cycle stays below it; a message or an object of Python's that is lost does not."""

EMPTY = (ctypes.c_uint32 * 2)(8, 0)
"""A table without functions: its size, and zero."""

PAGE = os.sysconf("SC_PAGE_SIZE")


class Application:
    def message_in(self, session: pintle.Session, channel: int, message: pintle.Message) -> None:
        with memoryview(message) as view:
            # One of the plugins makes letters large.
            assert bytes(view).lower() == b"in"


def cycle(host: pintle.Host, path: Path) -> None:
    """One life of a plugin, with everything that a program does with it."""
    plugin = host.load(path, config="channels=0")
    with host.open() as socket, socket.create_session(address="unix:/run/x.sock", user="bob") as session:
        session.receive(b"in")
        with host.message(b"out") as message:
            session.send(message)
        with session.next() as message:
            assert len(message) == 3
        try:
            session.call(1, 1)
        except pintle.NotFoundError:
            pass
    offer = host.publish("org.test.empty/1", ctypes.addressof(EMPTY))
    assert offer.call(lambda publisher, table: None) == 0
    offer.withdraw()
    host.timer(1000, lambda: None).close()
    host.submit(lambda: None)
    host.poll(0)
    assert plugin.unload().clean


def resident() -> int:
    """Bytes of this process that are in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measure(path: Path, few: int, many: int) -> tuple[int, int]:
    """Resident memory after `few` cycles, and after `many`."""
    sizes = []
    done = 0
    for goal in (few, many):
        while done < goal:
            # A host now and then, and not for each cycle: those give everything back to the system.
            with pintle.Host(application=Application()) as host:
                for _ in range(min(100, goal - done)):
                    cycle(host, path)
                    done += 1
        sizes.append(resident())
    return sizes[0], sizes[1]


def main() -> int:
    if reason := support.missing():
        sys.exit(reason)
    few, many = map(int, sys.argv[1:] or (FEW, MANY))
    failed = 0
    for name in ("stats", "echo", "shout"):
        before, after = measure(support.real(name), few, many)
        grown = after - before
        print(f"{name}: {before >> 10} KiB after {few} cycles, {after >> 10} KiB after {many}: {grown / 1024:+.0f} KiB")
        failed |= grown > NOISE
    print("the process grew" if failed else "the process did not grow")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
