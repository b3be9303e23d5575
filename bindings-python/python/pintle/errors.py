"""What the host refuses, as exceptions: one class for each family of statuses."""

import builtins
from os import PathLike
from typing import Final

from ._pintle import status_name, status_text
from .constants import Status


class Error(Exception):
    """Something that the host, a plugin or a service refused."""

    code: int
    """The status."""
    status: str
    """The name of the status, as `E_STALE`; the number itself for one that has no name here."""
    origin: str
    """Whose status it is: `kernel`, `host`, `dialect` or `plugin`."""
    plugin: str | None
    """The instance that it is about, if it is about one."""

    def __init__(self, code: int, text: str, plugin: str | None = None) -> None:
        if plugin is not None:
            text = f"{plugin}: {text}"
        super().__init__(text)
        self.code = code
        self.status = status_name(code) or str(code)
        self.origin = _origin(code)
        self.plugin = plugin

    def __str__(self) -> str:
        return f"{self.args[0] or status_text(self.code)} ({self.status})"

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.args, self.__dict__)


class ArgumentError(Error, ValueError):
    """An argument is not acceptable."""


class HandleError(Error):
    """Not a handle, one of another kind of object, or of another host."""


class StaleError(Error):
    """The object is gone."""


class StateError(Error):
    """Not possible in the present state."""


class WrongThreadError(Error):
    """Called on another thread than the host's kernel thread: adopt the host there, or use submit, wake or stop."""


class NotOwnerError(Error):
    """Only the owner of the session may do this."""


class ReentrantError(Error):
    """Not possible from inside a callback."""


class CapacityError(Error):
    """A limit given at start is reached."""


class AgainError(Error):
    """A queue is full: try again later."""


class ClosedError(Error):
    """It was closed, or has been stopped."""


class PoisonedError(Error):
    """The plugin panicked or threw, and takes no more calls."""


class NotFoundError(Error):
    """Nothing of that name, number or index."""


class UnsupportedError(Error):
    """The other side does not offer this."""


class PermissionDeniedError(Error):
    """The descriptor of the plugin does not ask for this."""


class CancelledError(Error):
    """The request was cancelled, or its session has ended."""


class TimeoutError(Error, builtins.TimeoutError):
    """It did not happen in its time."""


class IoError(Error, OSError):
    """The operating system refused."""


class LoadError(Error):
    """A file that is not loaded."""

    path: str | None
    """The file, as it was named."""

    def __init__(
        self, code: int, text: str, plugin: str | None = None, path: str | PathLike[str] | None = None
    ) -> None:
        super().__init__(code, text, plugin)
        self.path = None if path is None else str(path)


class ServiceError(Error):
    """A service answered with an exception. Code and text are the service's."""


class PluginError(Error):
    """A plugin refused, with a status of its own."""


_FAMILIES: Final[dict[int, type[Error]]] = {
    Status.E_ARGUMENT: ArgumentError,
    Status.E_HANDLE: HandleError,
    Status.E_KIND: HandleError,
    Status.E_FOREIGN: HandleError,
    Status.E_STALE: StaleError,
    Status.E_STATE: StateError,
    Status.E_SEALED: StateError,
    Status.E_EXISTS: StateError,
    Status.E_WRONG_THREAD: WrongThreadError,
    Status.E_NOT_OWNER: NotOwnerError,
    Status.E_REENTRANT: ReentrantError,
    Status.E_CAPACITY: CapacityError,
    Status.E_AGAIN: AgainError,
    Status.E_CLOSED: ClosedError,
    Status.E_POISONED: PoisonedError,
    Status.E_PANIC: PoisonedError,
    Status.E_NOT_FOUND: NotFoundError,
    Status.E_UNDERFLOW: NotFoundError,
    Status.E_UNSUPPORTED: UnsupportedError,
    Status.E_PERMISSION: PermissionDeniedError,
    Status.E_CANCELLED: CancelledError,
    Status.E_TIMEOUT: TimeoutError,
    Status.E_IO: IoError,
}


def _of(code: int, text: str, plugin: str | None = None, path: PathLike[str] | None = None) -> Error:
    """The exception for an error of the host."""
    if Status.E_NO_FILE <= code <= Status.E_SLOT:
        return LoadError(code, text, plugin, path)
    return _FAMILIES.get(code, PluginError)(code, text, plugin)


def _origin(code: int) -> str:
    if code < 1000:
        return "kernel"
    if code < 2000:
        return "host"
    return "dialect" if code < 3000 else "plugin"


def _again(kind: type[Error], arguments: tuple[object, ...], members: dict[str, object]) -> Error:
    """An exception that was pickled: to pass between processes, it must not be made from its arguments again."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(members)
    return error
