"""Numbers that have names."""

from enum import IntEnum

NO_WORKERS = 0
"""For `Limits.workers`: no worker threads. Slow requests then run in `Host.poll`, one in each turn."""


class ChannelMode(IntEnum):
    """How a channel carries messages."""

    UNRELIABLE = 0
    SEQUENCED = 1
    RELIABLE = 2


class Status(IntEnum):
    """What a call to the host returns. Numbers from 10000 on are defined by plugins."""

    OK = 0
    CONSUMED = 1
    PENDING = 2
    E_ARGUMENT = 100
    E_HANDLE = 101
    E_STALE = 102
    E_KIND = 103
    E_FOREIGN = 104
    E_STATE = 105
    E_WRONG_THREAD = 106
    E_NOT_OWNER = 107
    E_REENTRANT = 108
    E_CAPACITY = 109
    E_AGAIN = 110
    E_CLOSED = 111
    E_POISONED = 112
    E_NOT_FOUND = 113
    E_UNSUPPORTED = 114
    E_PERMISSION = 115
    E_SEALED = 116
    E_UNDERFLOW = 117
    E_EXISTS = 118
    E_CANCELLED = 119
    E_PANIC = 120
    E_TIMEOUT = 121
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
