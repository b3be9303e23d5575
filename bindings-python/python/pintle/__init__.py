"""Load and drive native plugins.

A host loads plugins, which are the files that a C host loads, and the program itself is plugin zero::

    import pintle

    with pintle.Host() as host:
        host.load("plugins/echo.so")
        with host.open() as socket, socket.create_session() as session:
            print(session.call(0x1000_0001, 1, b"hello"))

In a coroutine, ``async with pintle.Host() as host`` lets the event loop drive the host.
"""

import atexit
import os

from ._pintle import (
    Descriptor,
    Finding,
    Host,
    Inspection,
    Message,
    Offer,
    Plugin,
    Receipt,
    Request,
    RequestInfo,
    Session,
    Setting,
    Socket,
    Timer,
    _end_hosts,
    _forget_hosts,
    inspect,
    install_crash_handler,
)
from .constants import NO_WORKERS, ChannelMode, Status
from .errors import (
    AgainError,
    ArgumentError,
    CancelledError,
    CapacityError,
    ClosedError,
    Error,
    HandleError,
    IoError,
    LoadError,
    NotFoundError,
    NotOwnerError,
    PermissionDeniedError,
    PluginError,
    PoisonedError,
    ReentrantError,
    ServiceError,
    StaleError,
    StateError,
    TimeoutError,
    UnsupportedError,
    WrongThreadError,
)
from .limits import Limits

atexit.register(_end_hosts)
os.register_at_fork(after_in_child=_forget_hosts)

__all__ = [
    "NO_WORKERS",
    "AgainError",
    "ArgumentError",
    "CancelledError",
    "CapacityError",
    "ChannelMode",
    "ClosedError",
    "Descriptor",
    "Error",
    "Finding",
    "HandleError",
    "Host",
    "Inspection",
    "IoError",
    "Limits",
    "LoadError",
    "Message",
    "NotFoundError",
    "NotOwnerError",
    "Offer",
    "PermissionDeniedError",
    "Plugin",
    "PluginError",
    "PoisonedError",
    "Receipt",
    "ReentrantError",
    "Request",
    "RequestInfo",
    "ServiceError",
    "Session",
    "Setting",
    "Socket",
    "StaleError",
    "StateError",
    "Status",
    "TimeoutError",
    "Timer",
    "UnsupportedError",
    "WrongThreadError",
    "inspect",
    "install_crash_handler",
]
