"""The event loop's side of a host: the loop waits for the host's descriptor, and every wait is a future."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from ._pintle import Host, Message, Plugin, Receipt, Request, Session
from .constants import Status
from .errors import ClosedError, StateError


class Attachment:
    """A host that a loop drives."""

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self.host = host
        self.loop = loop
        self._descriptor = host.fileno()
        self._waiting: defaultdict[tuple[str, int], set[asyncio.Future[None]]] = defaultdict(set)
        loop.add_reader(self._descriptor, self._turn)
        host._listen(self._hear)

    def _turn(self) -> None:
        self.host.poll(0)

    def _hear(self, kind: str, key: int) -> None:
        """Ends the waits for something that has changed. The host calls this; closed, it has changed in every way."""
        if kind == "host":
            self.detach()
            futures = [future for waiting in self._waiting.values() for future in waiting]
        else:
            futures = list(self._waiting.get((kind, key), ()))
        for future in futures:
            if not future.done():
                future.set_result(None)

    def detach(self) -> None:
        """The loop forgets the host."""
        if not self.loop.is_closed():
            self.loop.remove_reader(self._descriptor)

    async def change(self, kind: str, key: int) -> None:
        """Waits until something has changed."""
        future = self.loop.create_future()
        waiting = self._waiting[kind, key]
        waiting.add(future)
        try:
            await future
        finally:
            waiting.discard(future)
            if not waiting:
                self._waiting.pop((kind, key), None)


def attachment(host: Host) -> Attachment:
    """The attachment of a host to the running loop. There is none until the first wait."""
    loop = asyncio.get_running_loop()
    listener = host._listener
    attached: Attachment | None = getattr(listener, "__self__", None)
    if attached is not None and attached.loop is loop:
        return attached
    if attached is not None:
        if attached.loop.is_running():
            raise StateError(Status.E_STATE, "another event loop drives this host")
        attached.detach()
    return Attachment(host, loop)


async def enter(host: Host) -> Host:
    attachment(host)
    return host


async def close(host: Host) -> list[Receipt]:
    """Ends the plugins one after the other while the loop runs, then the host."""
    if host.closed:
        return []
    receipts = [await unload(host, plugin, 5.0) for plugin in reversed(host.plugins)]
    host.close()
    return receipts


async def leave(host: Host) -> None:
    await close(host)


async def unload(host: Host, plugin: Plugin, timeout: float) -> Receipt:
    attached = attachment(host)
    host._begin_unload(plugin, timeout)
    while not plugin.closed:
        await attached.change("plugin", plugin._key)
    return plugin.receipt


async def next_message(session: Session) -> Message:
    attached = attachment(session.host)
    while True:
        message = session.take()
        if message is not None:
            return message
        if session._over:
            raise ClosedError(Status.E_CLOSED, "the session has ended")
        await attached.change("session", session._key)


async def iterate_messages(session: Session) -> AsyncIterator[Message]:
    attached = attachment(session.host)
    while True:
        message = session.take()
        if message is not None:
            yield message
        elif session._over:
            return
        else:
            await attached.change("session", session._key)


async def iterate_results(request: Request) -> AsyncIterator[Message]:
    """The results of a request. Whoever is cancelled while it waits cancels the request."""
    attached = attachment(request.session.host)
    while True:
        message = request._take()
        if message is not None:
            yield message
        elif request._over:
            return
        else:
            try:
                await attached.change("request", request._key)
            except asyncio.CancelledError:
                request.cancel()
                raise


async def results(request: Request) -> list[bytes]:
    return [bytes(message) async for message in iterate_results(request)]
