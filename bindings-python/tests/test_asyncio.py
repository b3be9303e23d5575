"""The host in an asyncio loop."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import pytest

import pintle
import support
from support import Echo, Waiter

T = TypeVar("T")


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a coroutine to its end; one that hangs fails."""

    async def limited() -> T:
        return await asyncio.wait_for(main(), support.TIMEOUT)

    return asyncio.run(limited())


class Heartbeat:
    """Counts how often the loop comes round: what blocks it stops the count, however fast the machine is."""

    def __init__(self) -> None:
        self.beats = 0
        self.task = asyncio.create_task(self.beat())

    async def beat(self) -> None:
        while True:
            self.beats += 1
            await asyncio.sleep(0)

    async def more(self, beats: int = 100) -> None:
        enough = self.beats + beats
        while self.beats < enough:
            await asyncio.sleep(0)


def test_a_slow_request_is_awaited() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.real("echo"))
            session = host.open().create_session()
            assert await session.acall(Echo.SERVICE, Echo.SLOW, b"slow") == [b"slow"]
            assert await session.request(Echo.SERVICE, Echo.SLOW, b"request") == [b"request"]
            with pytest.raises(pintle.ServiceError):
                await session.acall(Echo.SERVICE, Echo.FAIL, b"failed")
        assert host.closed

    run(main)


def test_the_loop_goes_on_while_a_slow_request_runs() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.native("waiter"))
            socket = host.open()
            heartbeat = Heartbeat()
            request = socket.create_session().request(Waiter.SERVICE, Waiter.UNTIL_RELEASED)
            assert support.text(await anext(request)) == "began"
            waiting = asyncio.ensure_future(request.__aiter__().__anext__())
            # The plugin is inside its handler until it is released, which happens only after these rounds.
            await heartbeat.more()
            assert not waiting.done()
            await socket.create_session().acall(Waiter.SERVICE, Waiter.RELEASE)
            assert support.text(await waiting) == "released"
            heartbeat.task.cancel()

    run(main)


def test_the_loop_goes_on_while_a_message_is_awaited() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            session = host.open().create_session()
            heartbeat = Heartbeat()
            waiting = asyncio.create_task(session.anext())
            await heartbeat.more()
            assert not waiting.done()
            session.send(b"at last")
            assert support.text(await waiting) == "at last"
            heartbeat.task.cancel()

    run(main)


def test_the_loop_goes_on_while_a_plugin_stops() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            plugin = host.load(support.native("waiter"))
            request = host.open().create_session().request(Waiter.SERVICE, Waiter.UNTIL_RELEASED)
            assert support.text(await anext(request)) == "began"
            heartbeat = Heartbeat()
            receipt = await plugin.aunload(support.TIMEOUT)
            assert receipt.outcome == "stopped"
            assert heartbeat.beats > 0
            heartbeat.task.cancel()

    run(main)


def test_messages_and_results_are_iterated() -> None:
    async def main() -> None:
        async with pintle.Host(queue=4) as host:
            host.load(support.native("waiter"))
            host.load(support.native("loopback"))
            socket = host.open()
            session = socket.create_session()
            results = session.request(Waiter.SERVICE, Waiter.SLOW_RESULTS, b"100")
            assert [support.text(message) async for message in results] == [str(n) for n in range(100)]
            other = host.open()
            other.listen("loop://here")
            (theirs,) = other.sessions
            for number in range(20):
                theirs.send(str(number).encode())
            theirs.send(b"bye")
            assert [support.text(message) async for message in theirs] == [str(n) for n in range(20)]
            with pytest.raises(pintle.ClosedError):
                await theirs.anext()

    run(main)


def test_cancelling_the_task_cancels_the_request_in_the_plugin() -> None:
    async def cancelled_by(cancel: Callable[[pintle.Session], Awaitable[None]]) -> None:
        async with pintle.Host() as host:
            host.load(support.native("waiter"))
            session = host.open().create_session()
            await cancel(session)
            assert await session.acall(Waiter.SERVICE, Waiter.CANCELLED) == [b"1"]

    async def by_the_task(session: pintle.Session) -> None:
        request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
        assert support.text(await anext(request)) == "began"

        async def wait() -> None:
            await request

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def by_the_task_that_iterates(session: pintle.Session) -> None:
        request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
        began = asyncio.Event()

        async def wait() -> None:
            async for _ in request:
                began.set()

        task = asyncio.create_task(wait())
        await began.wait()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def by_a_timeout(session: pintle.Session) -> None:
        request = session.request(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)
        assert support.text(await anext(request)) == "began"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await request

    for way in (by_the_task, by_the_task_that_iterates, by_a_timeout):
        run(lambda way=way: cancelled_by(way))  # type: ignore[misc]


def test_a_call_with_a_timeout_of_its_own() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.native("waiter"))
            session = host.open().create_session()
            with pytest.raises(TimeoutError):
                await session.acall(Waiter.SERVICE, Waiter.NEVER, timeout=0.01)
            with pytest.raises(TimeoutError):
                await session.anext(timeout=0.01)

    run(main)


def test_a_cancelled_wait_for_a_message_loses_none() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            session = host.open().create_session()
            for number in range(20):
                waiting = asyncio.create_task(session.anext())
                await asyncio.sleep(0)
                if number % 2:
                    session.send(str(number).encode())
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                if number % 2:
                    late = support.text(session.take()) if waiting.cancelled() else support.text(waiting.result())
                    assert late == str(number)

    run(main)


def test_the_host_may_be_closed_while_tasks_wait() -> None:
    async def main() -> None:
        host = pintle.Host()
        async with host:
            host.load(support.native("waiter"))
            socket = host.open()
            session = socket.create_session()
            waiting = [
                asyncio.create_task(session.anext()),
                asyncio.create_task(socket.create_session().acall(Waiter.SERVICE, Waiter.UNTIL_CANCELLED)),
            ]
            await Heartbeat().more(10)
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(result, pintle.Error) for result in results), results

    run(main)


def test_an_exception_in_a_callback_reaches_the_exception_handler_of_the_loop() -> None:
    async def main() -> None:
        caught: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: caught.append(context.get("exception")))
        thrown = ZeroDivisionError("in a timer")

        def fail() -> None:
            raise thrown

        async with pintle.Host() as host:
            host.timer(0.001, fail)
            while not caught:
                await asyncio.sleep(0.001)
            assert caught == [thrown]

    run(main)


def test_two_hosts_share_a_loop() -> None:
    async def main() -> None:
        async with pintle.Host() as one, pintle.Host() as two:
            sessions = []
            for host in (one, two):
                host.load(support.real("echo"))
                sessions.append(host.open().create_session())
            calls = [session.acall(Echo.SERVICE, Echo.SLOW, b"both") for session in sessions for _ in range(10)]
            assert await asyncio.gather(*calls) == [[b"both"]] * 20

    run(main)


def test_a_host_may_be_used_without_a_context_and_in_several_loops(host: pintle.Host) -> None:
    host.load(support.real("echo"))
    session = host.open().create_session()

    async def call() -> list[bytes]:
        return await session.acall(Echo.SERVICE, Echo.SLOW, b"again")

    for _ in range(3):
        assert run(call) == [b"again"]
    assert session.call(Echo.SERVICE, Echo.SLOW, b"sync", timeout=support.TIMEOUT) == [b"sync"]


def test_many_requests_at_once() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.real("echo"))
            socket = host.open()
            sessions = [socket.create_session() for _ in range(20)]

            async def ask(session: pintle.Session, number: int) -> bool:
                text = str(number).encode()
                return await session.acall(Echo.SERVICE, Echo.SLOW, text) == [text]

            asked = [ask(session, number) for number in range(10) for session in sessions]
            assert all(await asyncio.gather(*asked))

    run(main)


def test_aclose_ends_like_close() -> None:
    async def main() -> None:
        host = pintle.Host()
        host.load(support.real("stats"))
        receipts = await host.aclose()
        assert [receipt.clean for receipt in receipts] == [True]
        assert host.closed
        assert await host.aclose() == []

    run(main)


def test_a_loop_that_ends_first_leaves_a_host_that_can_be_closed(host: pintle.Host) -> None:
    async def main() -> None:
        await host.__aenter__()
        host.timer(1000, lambda: None)

    run(main)
    gc.collect()
    host.poll(0)
    host.close()
