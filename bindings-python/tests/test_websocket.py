"""The transport plugins/websocket: two hosts that talk, and a client that is no host."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import struct

import pytest

import pintle
import support
from support import Echo

REQUEST, RESULT, DONE = 1, 3, 5


def serve(host: pintle.Host) -> pintle.Socket:
    host.load(support.real("websocket"))
    socket = host.open(pintle.ChannelMode.RELIABLE, pintle.ChannelMode.RELIABLE)
    socket.listen("ws://127.0.0.1:0/")
    return socket


async def until(condition: object) -> None:
    while not condition():  # type: ignore[operator]
        await asyncio.sleep(0.001)


async def connect(client: pintle.Host, address: str, config: str = "") -> tuple[pintle.Socket, pintle.Session]:
    client.load(support.real("websocket"), config=config)
    socket = client.open(pintle.ChannelMode.RELIABLE, pintle.ChannelMode.RELIABLE)
    socket.connect(address, b"token")
    await until(lambda: socket.sessions)
    return socket, socket.sessions[0]


def test_two_hosts_talk() -> None:
    async def main() -> None:
        async with pintle.Host() as server, pintle.Host() as client:
            socket = serve(server)
            assert socket.address.startswith("ws://127.0.0.1:") and not socket.address.endswith(":0/")
            _, theirs = await connect(client, socket.address)
            await until(lambda: socket.sessions)
            (ours,) = socket.sessions
            assert ours.client_id == 1 and ours.address.startswith("127.0.0.1:")
            assert not (ours.own or theirs.own)
            theirs.send(b"hello", channel=1)
            message = await ours.anext()
            assert (bytes(message), message.channel) == (b"hello", 1)
            ours.send(message)
            message.close()
            assert support.text(await theirs.anext()) == "hello"
            theirs.disconnect()
            with pytest.raises(pintle.ClosedError):
                await ours.anext()

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


def test_a_fast_sender_is_slowed_down_and_nothing_is_lost() -> None:
    count, size = 300, 10_000

    async def main() -> None:
        async with pintle.Host(queue=4) as server, pintle.Host() as client:
            socket = serve(server)
            _, theirs = await connect(client, socket.address)
            await until(lambda: server.sessions)
            (ours,) = server.sessions

            async def send() -> None:
                for number in range(count):
                    data = number.to_bytes(4, "big") * (size // 4)
                    while True:
                        try:
                            theirs.send(data)
                            break
                        except pintle.AgainError:
                            await asyncio.sleep(0.001)

            sending = asyncio.create_task(send())
            for number in range(count):
                with await ours.anext() as message:
                    assert len(message) == size and bytes(message)[:4] == number.to_bytes(4, "big")
            await sending

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


def test_a_sender_that_was_refused_hears_when_it_may_go_on() -> None:
    class Application:
        writable: asyncio.Event

        def session_writable(self, session: pintle.Session) -> None:
            self.writable.set()

    async def main() -> None:
        application = Application()
        application.writable = asyncio.Event()
        async with pintle.Host() as server, pintle.Host(application=application) as client:
            socket = serve(server)
            _, theirs = await connect(client, socket.address, "high_water=20000")
            await until(lambda: server.sessions)
            (ours,) = server.sessions
            with pytest.raises(pintle.AgainError):
                while True:
                    theirs.send(b"x" * 10_000)
            await application.writable.wait()
            theirs.send(b"last")
            async for message in ours:
                with message:
                    if len(message) == 4:
                        break

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


class Client:
    """As much of RFC 6455 as a test needs, on asyncio's streams."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, address: str) -> Client:
        host, port = address.removeprefix("ws://").rstrip("/").split(":")
        client = cls(*await asyncio.open_connection(host, int(port)))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            "GET / HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", "",
        ]
        client.writer.write("\r\n".join(lines).encode())
        answer = (await client.reader.readuntil(b"\r\n\r\n")).decode()
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert "101" in answer.splitlines()[0] and accept.decode() in answer
        return client

    def send(self, payload: bytes) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        assert len(payload) < 126
        self.writer.write(bytes([0x82, 0x80 | len(payload)]) + mask + masked)

    async def receive(self) -> bytes:
        while True:
            head, length = await self.reader.readexactly(2)
            assert length < 126
            payload = await self.reader.readexactly(length)
            if head == 0x82:
                return payload


def test_a_client_that_is_no_host_asks_a_service() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.real("echo"))
            socket = serve(host)
            client = await Client.open(socket.address)
            client.send(struct.pack("<BxxxIIQ", REQUEST, Echo.SERVICE, Echo.SLOW, 9) + b"?")
            assert await client.receive() == struct.pack("<BxxxQ", RESULT, 9) + b"?"
            assert await client.receive() == struct.pack("<BxxxQi", DONE, 9, 0)
            client.writer.close()
            await until(lambda: not host.sessions)

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


def test_more_requests_than_the_host_has_messages_are_answered_without_message_in() -> None:
    async def main() -> None:
        async with pintle.Host() as host:
            host.load(support.real("echo"))
            socket = serve(host)
            client = await Client.open(socket.address)
            for number in range(host.limits.messages + 100):
                client.send(struct.pack("<BxxxIIQ", REQUEST, Echo.SERVICE, Echo.FAST, number) + b"?")
                assert await client.receive() == struct.pack("<BxxxQ", RESULT, number) + b"?"
                assert await client.receive() == struct.pack("<BxxxQi", DONE, number, 0)
            (session,) = host.sessions
            assert session.take() is None
            client.writer.close()
            await until(lambda: not host.sessions)

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


def test_peers_that_nobody_reads_leave_room_for_requests() -> None:
    async def main() -> None:
        async with pintle.Host() as host, pintle.Host(limits=pintle.Limits(sockets=17)) as other:
            host.load(support.real("echo"))
            served = serve(host)
            other.load(support.real("websocket"))
            sockets = []
            for _ in range(17):
                socket = other.open(pintle.ChannelMode.RELIABLE, pintle.ChannelMode.RELIABLE)
                sockets.append(socket)
                socket.connect(served.address, b"token")
                await until(lambda: socket.sessions)
                for _ in range(64):
                    socket.sessions[0].send(b"unread")
            await until(lambda: len(host.sessions) == 17)
            asker = host.open().create_session()
            for _ in range(3):
                assert await asker.acall(Echo.SERVICE, Echo.FAST, b"still there") == [b"still there"]
            for session in served.sessions:
                for _ in range(64):
                    (await session.anext()).close()

    asyncio.run(asyncio.wait_for(main(), support.TIMEOUT))


def test_an_address_that_is_taken_is_an_error_with_the_words_of_the_system(host: pintle.Host) -> None:
    socket = serve(host)
    with host.open() as other, pytest.raises(pintle.Error) as caught:
        other.listen(socket.address)
    assert caught.value.code == pintle.Status.E_IO
    assert isinstance(caught.value, OSError)
    assert "in use" in str(caught.value)
