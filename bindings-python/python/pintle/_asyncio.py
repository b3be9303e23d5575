"""Drives a host from an event loop, which watches the host's fd. Each wait is a future."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator

from ._pintle import Host, Message, Plugin, Receipt, Request, Session
from .constants import Status
from .errors import ClosedError, StateError


class Attachment:
    """Connects a host to the loop that drives it. The host calls it whenever an object has changed."""

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self.host = host
        self.loop = loop
        self._fd = host.fileno()
        self._waiting: defaultdict[tuple[str, int], set[asyncio.Future[None]]] = defaultdict(set)
        loop.add_reader(self._fd, host.poll, 0)
        host._listen(self)

    def __call__(self, kind: str, key: int) -> None:
        if kind != "host":
            futures = list(self._waiting.get((kind, key), ()))
        else:
            # The host is closed, so nothing else will change.
            self.detach()
            futures = [future for waiting in self._waiting.values() for future in waiting]
        for future in futures:
            if not future.done() and not self.loop.is_closed():
                future.set_result(None)

    def detach(self) -> None:
        """Ends the loop's watch of the host's fd."""
        if not self.loop.is_closed():
            self.loop.remove_reader(self._fd)

    async def change(self, kind: str, key: int) -> None:
        """Waits until the object with this kind and key has changed."""
        future = self.loop.create_future()
        waiting = self._waiting[kind, key]
        waiting.add(future)
        try:
            await future
        finally:
            waiting.discard(future)
            if not waiting:
                self._waiting.pop((kind, key), None)

    async def end(self, plugin: Plugin) -> Receipt:
        """Waits until a plugin has ended."""
        while not plugin.closed:
            await self.change("plugin", plugin._key)
        return plugin.receipt


def attachment(host: Host) -> Attachment:
    """The attachment of a host to the running loop; made at the first wait."""
    loop = asyncio.get_running_loop()
    attached = host._listener
    if isinstance(attached, Attachment):
        if attached.loop is loop:
            return attached
        if attached.loop.is_running():
            raise StateError(Status.E_STATE, "another event loop drives this host")
        attached.detach()
    return Attachment(host, loop)


async def enter(host: Host) -> Host:
    attachment(host)
    return host


async def leave(host: Host) -> None:
    await close(host, 5.0)


async def close(host: Host, timeout: float) -> list[Receipt]:
    """Ends the plugins while the loop runs, then the host. The first exception of the application is raised at the end."""
    if host.closed:
        return []
    attached = attachment(host)
    until = attached.loop.time() + timeout
    receipts: list[Receipt] = []
    raised: Exception | None = None
    try:
        for plugin in host._begin_close():
            try:
                host._begin_unload(plugin, max(until - attached.loop.time(), 0))
            except Exception as error:
                raised = raised or error
            receipts.append(await attached.end(plugin))
    finally:
        # A task that is cancelled here must not wait: plugins that have not stopped by now are ended.
        host.close(0)
    if raised is not None:
        raise raised
    return receipts


async def unload(host: Host, plugin: Plugin, timeout: float) -> Receipt:
    attached = attachment(host)
    host._begin_unload(plugin, timeout)
    return await attached.end(plugin)


async def _next(session: Session) -> Message | None:
    attached = attachment(session.host)
    while True:
        message = session.take()
        if message is not None or session._over:
            return message
        await attached.change("session", session._key)


async def next_message(session: Session) -> Message:
    message = await _next(session)
    if message is None:
        raise ClosedError(Status.E_CLOSED, "the session is closed")
    return message


async def iterate_messages(session: Session) -> AsyncIterator[Message]:
    while (message := await _next(session)) is not None:
        yield message


async def iterate_results(request: Request) -> AsyncIterator[Message]:
    """The results of a request. Cancelling the task that waits for one cancels the request."""
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
