"""Numbers that have names."""

from enum import IntEnum

NO_WORKERS = 0xFFFF_FFFF
"""For `Limits.workers`: none; slow requests run in `Host.poll`, one in each turn."""


class ChannelMode(IntEnum):
    """How a channel carries messages."""

    UNRELIABLE = 0
    SEQUENCED = 1
    RELIABLE = 2


class Status(IntEnum):
    """What a call of the host comes to; numbers from 10000 on belong to plugins."""

    OK = 0
    CONSUMED = 1
    PENDING = 2
    E_ARGUMENT = 3
    E_HANDLE = 4
    E_STALE = 5
    E_KIND = 6
    E_FOREIGN = 7
    E_STATE = 8
    E_WRONG_THREAD = 9
    E_NOT_OWNER = 10
    E_REENTRANT = 11
    E_CAPACITY = 12
    E_AGAIN = 13
    E_CLOSED = 14
    E_POISONED = 15
    E_NOT_FOUND = 16
    E_UNSUPPORTED = 17
    E_PERMISSION = 18
    E_SEALED = 19
    E_UNDERFLOW = 20
    E_EXISTS = 21
    E_CANCELLED = 22
    E_PANIC = 23
    E_TIMEOUT = 24
    E_IO = 1000
    E_NO_FILE = 1001
    E_NOT_A_LIBRARY = 1002
    E_TRUNCATED = 1003
    E_NO_ENTRY = 1004
    E_DESCRIPTOR = 1005
    E_VERSION = 1006
    E_MACHINE = 1007
    E_LAYOUT = 1008
    E_LINK = 1009
    E_MISMATCH = 1010
    E_SLOT = 1011
