"""The exceptions for errors of the host: one class for each family of statuses."""

import builtins
from os import PathLike
from typing import Final

from ._pintle import status_name, status_text
from .constants import Status


class Error(Exception):
    """An error that the host, a plugin or a service returned."""

    code: int
    """The status."""
    status: str
    """The name of the status, as `E_STALE`; the number itself for one that has no name here."""
    origin: str
    """Who defines the status: `kernel`, `host`, `dialect` or `plugin`."""
    plugin: str | None
    """The name of the instance that the error is about; None if it is about none."""

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
    """An argument is invalid."""


class HandleError(Error):
    """A handle is invalid, or names an object of another kind or of another host."""


class StaleError(Error):
    """The object has ended."""


class StateError(Error):
    """The call is not possible in the present state of the object."""


class WrongThreadError(Error):
    """The call was made on another thread than the host's kernel thread, which may only submit, wake, stop or adopt."""


class NotOwnerError(Error):
    """Only the owner of the session may do this."""


class ReentrantError(Error):
    """The call is not possible from inside a callback."""


class CapacityError(Error):
    """A limit given at start is reached."""


class AgainError(Error):
    """A queue is full: try again later."""


class ClosedError(Error):
    """The object was closed or stopped."""


class PoisonedError(Error):
    """The plugin panicked or threw, and takes no more calls."""


class NotFoundError(Error):
    """There is nothing of that name, number or index."""


class UnsupportedError(Error):
    """The host or the plugin does not have this feature."""


class PermissionDeniedError(Error):
    """The descriptor of the plugin does not ask for this."""


class CancelledError(Error):
    """The request was cancelled, or its session has ended."""


class TimeoutError(Error, builtins.TimeoutError):
    """The wait took longer than its timeout."""


class IoError(Error, OSError):
    """The operating system returned an error."""


class LoadError(Error):
    """A file was not loaded."""

    path: str | None
    """The path that was given."""

    def __init__(
        self, code: int, text: str, plugin: str | None = None, path: str | PathLike[str] | None = None
    ) -> None:
        super().__init__(code, text, plugin)
        self.path = None if path is None else str(path)


class ServiceError(Error):
    """A service answered with an exception, whose code and text these are."""


class PluginError(Error):
    """A plugin returned a status of its own."""


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
    """Restores a pickled exception without its constructor, whose arguments are not those that are kept."""
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(members)
    return error
