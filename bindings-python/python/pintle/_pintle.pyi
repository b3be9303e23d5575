from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, final

from typing_extensions import Buffer

from .constants import ChannelMode
from .limits import Limits

__all__ = [
    "Descriptor",
    "Finding",
    "Host",
    "Inspection",
    "Message",
    "Offer",
    "Plugin",
    "Receipt",
    "Request",
    "RequestInfo",
    "Session",
    "Setting",
    "Socket",
    "Timer",
    "_end_hosts",
    "_forget_hosts",
    "inspect",
    "install_crash_handler",
    "status_name",
    "status_text",
]

@final
class Host:
    """A host with its plugins.

    The thread that makes the host is its kernel thread. Other threads may call submit(), wake() and stop() only, unless
    they take the host over with adopt().

    `application` is plugin zero. The host calls those of these methods that it has: socket_attached(socket, address),
    socket_detached(socket), session_created(session), session_destroyed(session), session_writable(session),
    offer_published(offer), offer_ended(offer), message_in(session, channel, message), message_out(session, channel,
    message), request_in(session, request_info, message), result_out(session, request_info, message),
    session_send(session, channel, message), session_disconnect(session). The last six return None or a Status. An
    exception that a method raises is raised by the call to the host that caused it. Without request_in, message_in is
    called for requests; without result_out, message_out is called for results.

    `queue` is the number of messages that may wait in each session, and of results that may wait in each request; when it
    is reached, the sender has to wait. Messages from the peers of plugins take at most half of the host's messages, over
    all sessions.
    """

    def __init__(
        self, *, limits: Limits | None = None, application: object | None = None, queue: int = 64
    ) -> None: ...
    @property
    def limits(self) -> Limits:
        """The limits in force."""
    @property
    def closed(self) -> bool:
        """Whether the host is closed."""
    def load(
        self, path: str | PathLike[str], *, instance: str = "", config: str = "", priority: int = 0
    ) -> Plugin:
        """Loads a plugin from its file. Its code runs in this process with all its rights: load only what you trust.

        Plugins with a lower priority come first. Without `instance`, the plugin's id is the name of the instance.
        """
    def load_static(self, entry: int, *, instance: str = "", config: str = "", priority: int = 0) -> Plugin:
        """Adds a plugin that is in memory already, by the address of its `pintle_entry`, which must remain valid."""
    @property
    def plugins(self) -> list[Plugin]:
        """The live plugins, in the order of loading."""
    def unload(self, plugin: Plugin, timeout: float = 5.0) -> Receipt:
        """Asks a plugin to stop and waits until it has; after `timeout` seconds the host ends it."""
    def aunload(self, plugin: Plugin, timeout: float = 5.0) -> Coroutine[Any, Any, Receipt]:
        """As unload(), for a coroutine: the event loop runs meanwhile."""
    @property
    def receipts(self) -> list[tuple[str, Receipt]]:
        """The receipts of the last 256 plugins that ended, with their instance names. Also available after close()."""
    def open(self, *modes: int) -> Socket:
        """Opens a socket whose channels have these modes; without an argument it has one channel, which is RELIABLE."""
    @property
    def sessions(self) -> list[Session]:
        """The live sessions."""
    def find_offer(self, id: str) -> Offer:
        """The offer that is published under an id now. NotFoundError: there is none."""
    def publish(self, id: str, table: int) -> Offer:
        """Publishes a table of the application's under an id. `table` is the address of a C struct, as
        ctypes.addressof() gives it; the struct begins with a uint32_t that holds its size. Plugins may call its
        functions, on the kernel thread, until the offer has ended. The table and all that its functions need must
        stay in memory until the host is closed.

        StateError: the id is published already. PermissionDeniedError: it begins with `pintle.`. CapacityError: too many
        offers. ArgumentError: an empty id, or a size under 8.
        """
    def timer(self, delay: float, callback: Callable[[], object], *, period: float | None = None) -> Timer:
        """Calls `callback` after `delay` seconds, and then every `period` seconds if a period is given."""
    def submit(self, callback: Callable[[], object]) -> None:
        """Has `callback` called on the kernel thread, in a later turn. Any thread may call this."""
    def message(self, data: Buffer = b"", *, capacity: int = 0) -> Message:
        """Makes a message with these bytes, which more can be appended to and which is sent without a copy."""
    def poll(self, timeout: float | None = None) -> None:
        """Waits at most `timeout` seconds until something is to be done, and takes one turn, which does it."""
    def run(self) -> None:
        """Calls poll() until stop() is called."""
    def stop(self) -> None:
        """Ends run(); if it does not run, the next run() ends before its first turn. Any thread may call this."""
    def wake(self) -> None:
        """Ends the wait of poll(); if there is none, the next wait ends at once. Any thread may call this."""
    def fileno(self) -> int:
        """An fd that is readable whenever poll() has something to do."""
    @property
    def next_deadline(self) -> float | None:
        """The time of time.monotonic() at which the next timer is due; None if there is none."""
    def adopt(self) -> None:
        """Makes the calling thread the kernel thread."""
    def close(self, timeout: float = 5.0) -> list[Receipt]:
        """Ends all plugins, the last loaded first, and then everything that was made from the host. The plugins have
        `timeout` seconds to stop, all together.

        BufferError: a memoryview of a message is in use. The host is then unchanged.
        """
    def aclose(self, timeout: float = 5.0) -> Coroutine[Any, Any, list[Receipt]]:
        """As close(), for a coroutine: the event loop runs meanwhile."""
    @staticmethod
    def inspect(path: str | PathLike[str]) -> Inspection:
        """Says whether a file would be loaded, and why not if it would not. None of its code is run."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __aenter__(self) -> Coroutine[Any, Any, Self]: ...
    def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> Coroutine[Any, Any, None]: ...
    @property
    def _listener(self) -> Callable[[str, int], None] | None: ...
    def _listen(self, listener: Callable[[str, int], None] | None) -> None: ...
    def _begin_close(self) -> list[Plugin]: ...
    def _begin_unload(self, plugin: Plugin, timeout: float) -> None: ...

@final
class Plugin:
    """A plugin that was loaded into a host."""

    @property
    def host(self) -> Host:
        """The host that it was loaded into."""
    @property
    def name(self) -> str:
        """The name of the instance."""
    @property
    def path(self) -> Path | None:
        """The file that the plugin was loaded from; None if it was in memory already."""
    @property
    def descriptor(self) -> Descriptor:
        """The plugin's own description."""
    @property
    def receipt(self) -> Receipt:
        """What the plugin has done and left behind: so far while it is live, finally once it has ended."""
    @property
    def closed(self) -> bool:
        """Whether the plugin has ended."""
    def unload(self, timeout: float = 5.0) -> Receipt:
        """Host.unload() for this plugin."""
    def aunload(self, timeout: float = 5.0) -> Coroutine[Any, Any, Receipt]:
        """Host.aunload() for this plugin."""
    @property
    def _key(self) -> int: ...
    def __hash__(self) -> int: ...

@final
class Descriptor:
    """A plugin's description of itself, which the host reads without running it."""

    @property
    def id(self) -> str:
        """The id of the plugin, in reverse domain notation. It never changes."""
    @property
    def name(self) -> str:
        """A name for people."""
    @property
    def version(self) -> str:
        """The plugin's own version."""
    @property
    def vendor(self) -> str:
        """The maker of the plugin."""
    @property
    def description(self) -> str:
        """One sentence about the plugin."""
    @property
    def licence(self) -> str:
        """An SPDX expression."""
    @property
    def url(self) -> str:
        """The address of a page about the plugin."""
    @property
    def abi(self) -> tuple[int, int]:
        """The version of the ABI that the plugin was built for: major, minor."""
    @property
    def flags(self) -> list[str]:
        """The names of the flags that the plugin sets."""
    @property
    def needs(self) -> list[str]:
        """Ids of the interfaces without which the plugin cannot run."""
    @property
    def offers(self) -> list[str]:
        """Ids of the interfaces that the plugin offers to others."""
    @property
    def services(self) -> list[int]:
        """Numbers of the services that the plugin may declare."""
    @property
    def settings(self) -> list[Setting]:
        """The settings that the configuration of an instance may have."""

@final
class Setting:
    """One setting that a plugin declares."""

    @property
    def name(self) -> str:
        """The name of the setting in a configuration."""
    @property
    def type(self) -> str:
        """Its type: `bool`, `int`, `number`, `text`, `choice`, `texts`, or a word that this host does not know."""
    @property
    def least(self) -> int | float | None:
        """The least value of an int or a number; None if there is no bound."""
    @property
    def most(self) -> int | float | None:
        """The greatest value of an int or a number; None if there is no bound."""
    @property
    def words(self) -> list[str]:
        """The values that a choice can have."""
    @property
    def required(self) -> bool:
        """Whether a configuration must have the setting."""
    @property
    def default(self) -> bool | int | float | str | list[str] | None:
        """The value that applies if a configuration does not have the setting; None if the plugin decides."""
    @property
    def description(self) -> str:
        """One sentence."""

@final
class Receipt:
    """What a plugin did and left behind. str() of it is a summary in one line."""

    @property
    def outcome(self) -> Literal["live", "stopped", "forced", "abandoned"]:
        """How the plugin ended."""
    @property
    def poisoned(self) -> bool:
        """Whether a callback of the plugin panicked or threw."""
    @property
    def image(self) -> Literal["static", "unmapped", "resident"]:
        """What became of the plugin's image in memory."""
    @property
    def calls(self) -> int:
        """How many of its callbacks and tasks were called."""
    @property
    def left(self) -> dict[str, int]:
        """How many objects of each kind the plugin left behind, by names such as "message", "session", "thread"."""
    @property
    def reason(self) -> str:
        """Why the image stayed in memory, or why the plugin was abandoned."""
    @property
    def clean(self) -> bool:
        """Whether the plugin stopped in time and left nothing behind."""

@final
class Finding:
    """One reason why a file is refused or stays mapped, and its cure."""

    @property
    def rule(self) -> str:
        """The reason."""
    @property
    def cure(self) -> str:
        """What a person can do about it."""

@final
class Inspection:
    """What can be read from a file without running its code."""

    @property
    def path(self) -> Path:
        """The path that was given."""
    @property
    def verdict(self) -> Literal["loads", "resident", "refused"]:
        """Whether the file loads; `resident`: it loads, and stays mapped until the process ends."""
    @property
    def code(self) -> int:
        """The status that loading the file would return."""
    @property
    def findings(self) -> list[Finding]:
        """The reasons why the file is refused or stays mapped."""
    @property
    def descriptor(self) -> Descriptor | None:
        """The plugin's description of itself; None if it cannot be read."""
    @property
    def callbacks(self) -> list[str] | None:
        """The callbacks that the plugin has; None if the plugin fills them in only when it runs."""
    @property
    def exports(self) -> list[str]:
        """The symbols that the file exports."""
    @property
    def imports(self) -> list[str]:
        """The symbols that the file needs from libraries or the host."""
    @property
    def libraries(self) -> list[str]:
        """The libraries that the file needs."""

@final
class Socket:
    """A place at which sessions begin, by listening or connecting. Closed when the last reference to it is gone."""

    @property
    def host(self) -> Host:
        """The host that it was opened in."""
    def listen(self, address: str) -> None:
        """Listens on an address. A plugin that knows the scheme of the address serves the socket."""
    def connect(self, address: str, token: Buffer | None = None) -> None:
        """Connects to an address as a client."""
    def stop(self) -> None:
        """Stops the socket, and ends its sessions."""
    def close(self) -> None:
        """Ends the socket and its sessions. Closing again does nothing."""
    @property
    def closed(self) -> bool:
        """Whether the socket has ended."""
    @property
    def address(self) -> str:
        """The address at which the socket is served; before that, the address that was asked for."""
    @property
    def state(self) -> Literal["open", "listening", "connecting", "stopped"]:
        """The state of the socket."""
    @property
    def channels(self) -> list[ChannelMode]:
        """The mode of each channel of a new session."""
    @property
    def time(self) -> float:
        """The socket's clock in seconds; 0 while it is not started."""
    @property
    def sessions(self) -> list[Session]:
        """The live sessions of this socket."""
    def create_session(
        self, client_id: int = 0, address: str | None = None, *, user: str = "", protocol: str = ""
    ) -> Session:
        """Makes a session that the application owns: the program is its transport.

        `address` is the address of the peer: 1.2.3.4:5, [::1]:5, or a name that begins with a scheme, as
        unix:/run/x.sock. `user` is the name that the peer gave, or proved to have; `protocol` is the sub-protocol
        that was agreed on.
        """
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __hash__(self) -> int: ...

@final
class Session:
    """A connection to one peer.

    Iterating it, also with `async for`, gives the messages that come from the peer, until the session ends. If the
    application owns the session, it gives the messages that are sent to the peer instead.

    A session that the application owns ends when there is no reference to it any more.
    """

    @property
    def host(self) -> Host:
        """The host that it belongs to."""
    @property
    def socket(self) -> Socket:
        """The socket at which the session began."""
    @property
    def own(self) -> bool:
        """Whether the application owns the session."""
    @property
    def client_id(self) -> int:
        """The number that its owner gave the peer."""
    @property
    def address(self) -> str:
        """The address of the peer: 1.2.3.4:5, [::1]:5, a name such as unix:/run/x.sock, or an empty string."""
    @property
    def user(self) -> str:
        """The user name of the peer, as the owner of the session gave it; empty if it gave none. It may be unproved."""
    @property
    def protocol(self) -> str:
        """The sub-protocol that was agreed with the peer; empty if there is none."""
    @property
    def rtt(self) -> tuple[float, float]:
        """The round-trip time in seconds: its mean, and its mean deviation from that."""
    @property
    def closed(self) -> bool:
        """Whether the session has ended."""
    def send(self, data: Buffer, channel: int = 0) -> None:
        """Sends to the peer, through the filters of all plugins. A Message is not copied."""
    def receive(self, data: Buffer, channel: int = 0) -> None:
        """Hands in a message as if the peer had sent it, on a session of the application. A Message is not copied."""
    def request(self, service: int, id: int, data: Buffer = b"") -> Request:
        """Asks a service as if the peer did, on a session that the application owns."""
    def call(self, service: int, id: int, data: Buffer = b"", timeout: float | None = None) -> list[bytes]:
        """Asks a service and waits for all results."""
    def acall(self, service: int, id: int, data: Buffer = b"") -> Coroutine[Any, Any, list[bytes]]:
        """As call(), for a coroutine. Cancelling it cancels the request."""
    def take(self) -> Message | None:
        """The oldest message that has arrived; None if there is none."""
    def next(self, timeout: float | None = None) -> Message:
        """The oldest message that has arrived; waits until there is one. ClosedError: the session has ended."""
    def anext(self) -> Coroutine[Any, Any, Message]:
        """As next(), for a coroutine: the event loop runs meanwhile."""
    def suspend(self) -> None:
        """Says that the peer takes nothing for now: send() raises AgainError until resume() is called."""
    def resume(self) -> None:
        """Says that the peer takes messages again."""
    def disconnect(self) -> None:
        """Asks the owner to end the session."""
    def close(self) -> None:
        """Ends the session. Closing again does nothing."""
    def channel_mode(self, channel: int) -> ChannelMode:
        """The mode of one channel."""
    def set_channel_mode(self, channel: int, mode: int) -> None:
        """Changes the mode of one channel."""
    def __iter__(self) -> Self: ...
    def __next__(self) -> Message: ...
    def __aiter__(self) -> AsyncIterator[Message]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    @property
    def _over(self) -> bool: ...
    @property
    def _key(self) -> int: ...
    def __hash__(self) -> int: ...

@final
class Request(Awaitable[list[bytes]]):
    """A request to a service.

    Iterating it, also with `async for`, gives its results; awaiting it gives a list of all of them. An exception that the
    service answers with is raised as ServiceError. A request to which there is no reference any more goes on, and its
    results are dropped.
    """

    @property
    def session(self) -> Session:
        """The session on which it was asked."""
    def cancel(self) -> None:
        """Cancels the request. If it waits it never runs; if it runs, the service can see that it is cancelled."""
    @property
    def done(self) -> bool:
        """Whether the request is over: all its results have come, whether they were fetched or not."""
    @property
    def status(self) -> int | None:
        """The status that the request ended with; None until it is done."""
    def wait(self, timeout: float | None = None) -> list[bytes]:
        """Waits until the request is done and returns all results. TimeoutError: it took too long and was cancelled."""
    def __iter__(self) -> Self: ...
    def __next__(self) -> Message: ...
    def __await__(self) -> Generator[Any, Any, list[bytes]]: ...
    def __aiter__(self) -> AsyncIterator[Message]: ...
    def _take(self) -> Message | None: ...
    @property
    def _over(self) -> bool: ...
    @property
    def _key(self) -> int: ...

@final
class RequestInfo:
    """Describes a request to a filter: the one that passes, or the one that the passing result answers."""

    @property
    def service(self) -> int:
        """The service that the request is for."""
    @property
    def id(self) -> int:
        """The request's number within the service."""
    @property
    def flags(self) -> int:
        """0, as no flag is defined yet."""
    @property
    def correlation(self) -> int:
        """The number by which the asker knows the request."""

@final
class Message(Buffer):
    """Bytes in the host's memory, which a memoryview shows without a copy. While one does, close() raises BufferError."""

    @property
    def host(self) -> Host:
        """The host that it belongs to."""
    @property
    def session(self) -> Session | None:
        """The session that the message came on; None if the program made it."""
    @property
    def channel(self) -> int:
        """The channel that the message came on."""
    def write(self, data: Buffer) -> None:
        """Appends bytes. Once the message was sent, this raises StateError."""
    def close(self) -> None:
        """Gives the memory back to the host. Closing again does nothing."""
    @property
    def closed(self) -> bool:
        """Whether the memory was given back."""
    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Timer:
    """A callback that the host calls later. It remains in force when there is no reference to the timer any more."""

    def cancel(self) -> None:
        """Ends the timer: its callback is not called again. Cancelling again does nothing."""
    def close(self) -> None:
        """The same as cancel()."""
    @property
    def closed(self) -> bool:
        """Whether the callback will not be called again."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Offer:
    """Functions that a plugin, or the application, publishes under an id. They stay published when this object is gone."""

    @property
    def host(self) -> Host:
        """The host that it is published in."""
    @property
    def id(self) -> str:
        """The id that it is published under."""
    def call(self, function: Callable[[int, int], int | None]) -> int:
        """Calls `function` once, inside a call to the publisher, with two addresses: the publisher's and its table's.
        `function` calls one function of the table, passes the publisher to it, and returns its status; None means OK.
        It must not keep either address, as both are valid during the call only.

        Returns the status unless it is an error. An error is raised with the publisher's text, and an exception of
        `function` is raised as it is. StaleError: the offer has ended. PoisonedError: the publisher panicked.
        ReentrantError: calls are nested too deep.
        """
    def withdraw(self) -> None:
        """Ends the offer and tells all plugins. Withdrawing again does nothing. NotOwnerError: a plugin published it."""
    @property
    def closed(self) -> bool:
        """Whether the offer has ended."""
    def __hash__(self) -> int: ...

def inspect(path: str | PathLike[str]) -> Inspection:
    """Says whether a file would be loaded, and why not if it would not. None of its code is run."""

def install_crash_handler() -> None:
    """If the process crashes from now on, writes the name of the plugin that was running to standard error first."""

def status_name(code: int) -> str | None:
    """The name of a status; None for one that this host does not know."""

def status_text(code: int) -> str:
    """The meaning of a status in a few words."""

def _end_hosts() -> None: ...
def _forget_hosts() -> None: ...
