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
    """A host and its plugins.

    The thread that makes it is its kernel thread: everything but submit(), wake() and stop() belongs there, until
    another thread takes it over with adopt().

    `application` takes part as plugin zero, with whichever of these methods it has: socket_attached(socket, address),
    socket_detached(socket), session_created(session), session_destroyed(session), session_writable(session),
    offer_published(offer), offer_ended(offer), message_in(session, channel, message), message_out(session, channel,
    message), request_in(session, request_info, message), result_out(session, request_info, message),
    session_send(session, channel, message), session_disconnect(session). The last six answer None or a Status. What they
    raise is raised by the call that they are called in. Without the method for it, a request passes message_in, and a
    result message_out.

    `queue` is how many messages wait for each session, and how many results for each request, before the other side
    is made to wait. What comes from the peers of plugins takes at most half of the host's messages, over all sessions.
    """

    def __init__(
        self, *, limits: Limits | None = None, application: object | None = None, queue: int = 64
    ) -> None: ...
    @property
    def limits(self) -> Limits:
        """The limits in force."""
    @property
    def closed(self) -> bool:
        """Whether it is closed."""
    def load(
        self, path: str | PathLike[str], *, instance: str = "", config: str = "", priority: int = 0
    ) -> Plugin:
        """Loads a plugin from its file. Its code can do anything to the process: load what you trust.

        Plugins with a lower priority come first. Without a name the instance has the plugin's id.
        """
    def load_static(self, entry: int, *, instance: str = "", config: str = "", priority: int = 0) -> Plugin:
        """Adds a plugin that is in memory already, by the address of its `pintle_entry`, which must stay there."""
    @property
    def plugins(self) -> list[Plugin]:
        """The live plugins, in the order of loading."""
    def unload(self, plugin: Plugin, timeout: float = 5.0) -> Receipt:
        """Ends a plugin: asks it to stop, and turns until it has, or until it is ended after `timeout`."""
    def aunload(self, plugin: Plugin, timeout: float = 5.0) -> Coroutine[Any, Any, Receipt]:
        """As unload(), while the event loop runs."""
    @property
    def receipts(self) -> list[tuple[str, Receipt]]:
        """The receipts of the plugins that have ended, by instance name; the last 256. Also when the host is closed."""
    def open(self, *modes: int) -> Socket:
        """Opens a socket whose channels have these modes; without any, one that is RELIABLE."""
    @property
    def sessions(self) -> list[Session]:
        """The live sessions."""
    def find_offer(self, id: str) -> Offer:
        """The offer that stands under an id now. NotFoundError: there is none."""
    def publish(self, id: str, table: int) -> Offer:
        """Publishes a table of the application's under an id: a struct of C at the address `table`, as ctypes.addressof()
        gives it, that begins with a uint32_t which says its size. Plugins may call its functions, on the kernel thread,
        until the offer has ended; the table and all that its functions need stay until the host is closed.

        StateError: the id is published already. PermissionDeniedError: it begins with `pintle.`. CapacityError: too many
        offers. ArgumentError: an empty id, or a size under 8.
        """
    def timer(self, delay: float, callback: Callable[[], object], *, period: float | None = None) -> Timer:
        """Calls back after `delay` seconds, then every `period` seconds."""
    def submit(self, callback: Callable[[], object]) -> None:
        """Calls back on the kernel thread, in a later turn. Any thread."""
    def message(self, data: Buffer = b"", *, capacity: int = 0) -> Message:
        """A message to write, and to send without a copy."""
    def poll(self, timeout: float | None = None) -> None:
        """Waits until there is something to do, at most `timeout` seconds, and does it: one turn."""
    def run(self) -> None:
        """Polls until stop() is called."""
    def stop(self) -> None:
        """Ends run(), or the next one before its first turn. Any thread."""
    def wake(self) -> None:
        """Ends the wait of poll(), or the next one. Any thread."""
    def fileno(self) -> int:
        """An fd that is readable whenever poll() has something to do."""
    @property
    def next_deadline(self) -> float | None:
        """When the next timer is due, on the clock of time.monotonic()."""
    def adopt(self) -> None:
        """Makes the calling thread the kernel thread."""
    def close(self, timeout: float = 5.0) -> list[Receipt]:
        """Ends the plugins, the youngest first, in `timeout` seconds together, and everything that was made from the host.

        BufferError: a memoryview of a message is in use; then nothing has happened.
        """
    def aclose(self, timeout: float = 5.0) -> Coroutine[Any, Any, list[Receipt]]:
        """As close(), while the event loop runs."""
    @staticmethod
    def inspect(path: str | PathLike[str]) -> Inspection:
        """Says what would become of a file that is loaded. None of its code is run."""
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
    """A plugin in a host."""

    @property
    def host(self) -> Host:
        """Where it is loaded."""
    @property
    def name(self) -> str:
        """The name of the instance."""
    @property
    def path(self) -> Path | None:
        """The file that it was loaded from; None for one that was in memory."""
    @property
    def descriptor(self) -> Descriptor:
        """What it says of itself."""
    @property
    def receipt(self) -> Receipt:
        """What it did and left behind: so far, while it is live; for good once it has ended."""
    @property
    def closed(self) -> bool:
        """Whether it has ended."""
    def unload(self, timeout: float = 5.0) -> Receipt:
        """Host.unload of this plugin."""
    def aunload(self, timeout: float = 5.0) -> Coroutine[Any, Any, Receipt]:
        """Host.aunload of this plugin."""
    @property
    def _key(self) -> int: ...
    def __hash__(self) -> int: ...

@final
class Descriptor:
    """What a plugin says of itself."""

    @property
    def id(self) -> str:
        """A reverse URI that names the plugin for ever."""
    @property
    def name(self) -> str:
        """A name for people."""
    @property
    def version(self) -> str:
        """The plugin's own version."""
    @property
    def vendor(self) -> str:
        """Who made it."""
    @property
    def description(self) -> str:
        """One sentence."""
    @property
    def licence(self) -> str:
        """An SPDX expression."""
    @property
    def url(self) -> str:
        """Where to read more."""
    @property
    def abi(self) -> tuple[int, int]:
        """The version of the ABI that it was built for: major, minor."""
    @property
    def flags(self) -> list[str]:
        """What it promises and asks for."""
    @property
    def needs(self) -> list[str]:
        """Interfaces that it cannot do without."""
    @property
    def offers(self) -> list[str]:
        """Interfaces that it offers."""
    @property
    def services(self) -> list[int]:
        """Services that it may declare."""
    @property
    def settings(self) -> list[Setting]:
        """What the configuration of an instance may set."""

@final
class Setting:
    """One setting that a plugin declares."""

    @property
    def name(self) -> str:
        """Its name, by which a configuration sets it."""
    @property
    def type(self) -> str:
        """What it can be: `bool`, `int`, `number`, `text`, `choice`, `texts`, or a word that this host does not know."""
    @property
    def least(self) -> int | float | None:
        """The least that is allowed, of an int or a number."""
    @property
    def most(self) -> int | float | None:
        """The most that is allowed."""
    @property
    def words(self) -> list[str]:
        """The words that a choice is one of."""
    @property
    def required(self) -> bool:
        """Whether a configuration must set it."""
    @property
    def default(self) -> bool | int | float | str | list[str] | None:
        """What it is where a configuration does not set it; None: the plugin decides."""
    @property
    def description(self) -> str:
        """One sentence."""

@final
class Receipt:
    """What a plugin did in its life, and left behind. Its text tells it in one line."""

    @property
    def outcome(self) -> Literal["live", "stopped", "forced", "abandoned"]:
        """How it ended."""
    @property
    def poisoned(self) -> bool:
        """Whether it had panicked or thrown."""
    @property
    def image(self) -> Literal["static", "unmapped", "resident"]:
        """What became of its image."""
    @property
    def calls(self) -> int:
        """How often it was called."""
    @property
    def left(self) -> dict[str, int]:
        """What it left behind: how many of each kind, as "message", "session", "thread"."""
    @property
    def reason(self) -> str:
        """Why its image stayed, or why it was abandoned."""
    @property
    def clean(self) -> bool:
        """Whether it stopped in time and left nothing behind."""

@final
class Finding:
    """A rule that decides about a file, and what a person can do about it."""

    @property
    def rule(self) -> str:
        """What is so."""
    @property
    def cure(self) -> str:
        """What to do if it is in the way."""

@final
class Inspection:
    """Everything that a file tells without being run."""

    @property
    def path(self) -> Path:
        """The file, as it was named."""
    @property
    def verdict(self) -> Literal["loads", "resident", "refused"]:
        """What would become of it; resident: it loads, and stays mapped until the process ends."""
    @property
    def code(self) -> int:
        """The status that loading answers with."""
    @property
    def findings(self) -> list[Finding]:
        """Why it is refused, or stays mapped."""
    @property
    def descriptor(self) -> Descriptor | None:
        """What it says of itself, if that can be read."""
    @property
    def callbacks(self) -> list[str] | None:
        """The callbacks that it offers; None if it only fills them in when it runs."""
    @property
    def exports(self) -> list[str]:
        """The symbols that it exports."""
    @property
    def imports(self) -> list[str]:
        """The symbols that it needs from others."""
    @property
    def libraries(self) -> list[str]:
        """The libraries that it needs."""

@final
class Socket:
    """Where sessions arise. Dropped, it is closed."""

    @property
    def host(self) -> Host:
        """Where it was opened."""
    def listen(self, address: str) -> None:
        """Listens: a plugin that knows the scheme of the address serves it."""
    def connect(self, address: str, token: Buffer | None = None) -> None:
        """Connects as a client."""
    def stop(self) -> None:
        """Stops it, and ends its sessions."""
    def close(self) -> None:
        """Ends it and its sessions. Twice is fine."""
    @property
    def closed(self) -> bool:
        """Whether it has ended."""
    @property
    def address(self) -> str:
        """The address that it serves, or was asked to."""
    @property
    def state(self) -> Literal["open", "listening", "connecting", "stopped"]:
        """What it is doing."""
    @property
    def channels(self) -> list[ChannelMode]:
        """The modes that sessions begin with, by channel."""
    @property
    def time(self) -> float:
        """Its clock, in seconds: 0 unless it is started."""
    @property
    def sessions(self) -> list[Session]:
        """Its live sessions."""
    def create_session(
        self, client_id: int = 0, address: str | None = None, *, user: str = "", protocol: str = ""
    ) -> Session:
        """A session that the application owns: the application is the transport.

        `address` is where the peer is: 1.2.3.4:5, [::1]:5, a name with its scheme such as unix:/run/x.sock, or nothing.
        `user` is who it says, or proved, to be, and `protocol` the sub-protocol that was agreed on with it.
        """
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __hash__(self) -> int: ...

@final
class Session:
    """A peer, or what stands for one.

    It can be iterated, also with `async for`: over the messages that come from the peer, or, if the application owns
    it, over those that are sent to the peer; until it ends.

    One that the application owns ends when it is dropped.
    """

    @property
    def host(self) -> Host:
        """Where it is."""
    @property
    def socket(self) -> Socket:
        """The socket that it arose on."""
    @property
    def own(self) -> bool:
        """Whether the application owns it."""
    @property
    def client_id(self) -> int:
        """The number that its owner gave the peer."""
    @property
    def address(self) -> str:
        """Where the peer is: 1.2.3.4:5, [::1]:5, a name such as unix:/run/x.sock, or nothing."""
    @property
    def user(self) -> str:
        """Who the peer says, or proved, to be; empty if its owner did not tell."""
    @property
    def protocol(self) -> str:
        """The sub-protocol that was agreed on with the peer; empty if there is none."""
    @property
    def rtt(self) -> tuple[float, float]:
        """The round-trip time in seconds: its mean, and its mean deviation from that."""
    @property
    def closed(self) -> bool:
        """Whether it has ended."""
    def send(self, data: Buffer, channel: int = 0) -> None:
        """Sends to the peer, through the filters. A Message is not copied."""
    def receive(self, data: Buffer, channel: int = 0) -> None:
        """Hands in what came from the peer, on a session that the application owns. A Message is not copied."""
    def request(self, service: int, id: int, data: Buffer = b"") -> Request:
        """Asks a service, as if the peer did, on a session that the application owns."""
    def call(self, service: int, id: int, data: Buffer = b"", timeout: float | None = None) -> list[bytes]:
        """Asks a service, and waits for all results."""
    def acall(self, service: int, id: int, data: Buffer = b"") -> Coroutine[Any, Any, list[bytes]]:
        """As call(), while the event loop runs. Cancelling it cancels the request."""
    def take(self) -> Message | None:
        """The next message that is there."""
    def next(self, timeout: float | None = None) -> Message:
        """The next message; the host turns until there is one. ClosedError: the session has ended."""
    def anext(self) -> Coroutine[Any, Any, Message]:
        """As next(), while the event loop runs."""
    def suspend(self) -> None:
        """The peer takes no more for now: send() is refused with AgainError until resume()."""
    def resume(self) -> None:
        """The peer takes more again."""
    def disconnect(self) -> None:
        """Asks the owner to end it."""
    def close(self) -> None:
        """Ends it. Twice is fine."""
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
    """A request on its way.

    It can be iterated, also with `async for`, over its results, and awaited for all of them. What the service answers
    with instead is raised as ServiceError. Dropped, it goes on, and its results are forgotten.
    """

    @property
    def session(self) -> Session:
        """Where it was asked."""
    def cancel(self) -> None:
        """Cancels it: one that waits never runs, and one that runs sees that it is cancelled."""
    @property
    def done(self) -> bool:
        """Whether all results have come, fetched or not."""
    @property
    def status(self) -> int | None:
        """What it ended with; None until it is done."""
    def wait(self, timeout: float | None = None) -> list[bytes]:
        """All results; the host turns until it is done. TimeoutError: it was not in time, and was cancelled."""
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
    """What a filter is told of a request, or of the one that a result answers."""

    @property
    def service(self) -> int:
        """The service that is asked."""
    @property
    def id(self) -> int:
        """The request's number within the service."""
    @property
    def flags(self) -> int:
        """Zero: no flag is defined yet."""
    @property
    def correlation(self) -> int:
        """The number that the asker knows the request by."""

@final
class Message(Buffer):
    """Bytes in the host's memory, which a memoryview shows without a copy. Such a view pins them: close() is refused."""

    @property
    def host(self) -> Host:
        """Where it is."""
    @property
    def session(self) -> Session | None:
        """The session that it came on."""
    @property
    def channel(self) -> int:
        """The channel that it came on."""
    def write(self, data: Buffer) -> None:
        """Appends, until it was sent."""
    def close(self) -> None:
        """Gives the memory back. Twice is fine."""
    @property
    def closed(self) -> bool:
        """Whether it was given back."""
    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Timer:
    """A callback that the host calls later. Dropped, it goes on."""

    def cancel(self) -> None:
        """It is not called again. Twice is fine."""
    def close(self) -> None:
        """cancel()."""
    @property
    def closed(self) -> bool:
        """Whether it is not called again."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Offer:
    """Functions that a plugin, or the application, publishes under an id. They stay published when this object goes."""

    @property
    def host(self) -> Host:
        """Where it is published."""
    @property
    def id(self) -> str:
        """The id that it is published under."""
    def call(self, function: Callable[[int, int], int | None]) -> int:
        """Calls `function` once, inside a call to the publisher, with two addresses: of the publisher, and of its table.
        `function` calls one function of the table, passes the publisher to it, and returns its status; None stands for OK.
        It keeps neither address.

        Gives the status if it is no error. An error is raised, with the publisher's words; what `function` raises is
        raised. StaleError: the offer has ended. PoisonedError: the publisher panicked. ReentrantError: nested too deep.
        """
    def withdraw(self) -> None:
        """Ends the offer: all plugins are told. Twice is fine. NotOwnerError: a plugin published it."""
    @property
    def closed(self) -> bool:
        """Whether it has ended."""
    def __hash__(self) -> int: ...

def inspect(path: str | PathLike[str]) -> Inspection:
    """Says what would become of a file that is loaded. None of its code is run."""

def install_crash_handler() -> None:
    """Has a crash name the plugin that it happened in, on the standard error stream, before the process ends."""

def status_name(code: int) -> str | None:
    """The name of a status; None for one that this host does not know."""

def status_text(code: int) -> str:
    """What a status means, in a few words."""

def _end_hosts() -> None: ...
def _forget_hosts() -> None: ...
