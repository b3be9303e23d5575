"""The scenario from Python: see README.md."""

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pintle
from pintle import ChannelMode, Host, Limits, Message, Plugin, Request, Session, Socket, Status

import words

KINDS = ("messages", "sockets", "sessions", "requests", "tasks", "timers", "watches")


def say(line: str) -> None:
    """Says a line of what happens meanwhile."""
    print(f"    {line}", flush=True)


class Log(logging.Handler):
    """Says what plugins log."""

    def emit(self, record: logging.LogRecord) -> None:
        plugin = getattr(record, "pintle_plugin", None)
        if plugin:
            say(f"log {plugin}: {record.getMessage()}")


class Loopback:
    """The application, as plugin zero."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.answer = "OK"

    def session_send(self, session: Session, channel: int, message: Message) -> int:
        say(f"out {self.name_of(session)} {channel} {words.of_bytes(bytes(message))}")
        if self.answer == "close":
            session.close()
            return Status.OK
        return words.to_status(self.answer)

    def session_disconnect(self, session: Session) -> None:
        say(f"disconnect {self.name_of(session)}")

    def session_destroyed(self, session: Session) -> None:
        say(f"ended {self.name_of(session)}")

    def name_of(self, session: Session) -> str:
        return next(name for name, other in self.sessions.items() if other == session)


class Scenario:
    """The steps: one method for each verb."""

    host: Host

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.workers = workers
        self.application = Loopback()
        self.sessions = self.application.sessions
        self.sockets: dict[str, Socket] = {}
        self.plugins: dict[str, Plugin] = {}
        self.requests: dict[str, Request] = {}
        self.settled = 0

    def step(self, line: str) -> str:
        """Takes a step. It ends with OK, a status, or a word of its own."""
        verb, *rest = words.split(line)
        method: Callable[..., str | None] = getattr(self, f"do_{verb.removeprefix('!')}")
        try:
            return method(*rest) or "OK"
        except pintle.Error as error:
            return error.status

    def do_host(self, *limits: str) -> None:
        numbers = {name: int(number) for name, number in (limit.split("=") for limit in limits)}
        workers = self.workers or pintle.NO_WORKERS
        self.host = Host(limits=Limits(workers=workers, **numbers), application=self.application)
        assert self.host.limits.workers == self.workers

    def do_plugin(self, name: str, file: str, priority: str, config: str) -> None:
        path = self.folder / f"{file}.so"
        text = words.to_bytes(config).decode()
        self.plugins[name] = self.host.load(path, instance=name, priority=int(priority), config=text)

    def do_file(self, name: str) -> None:
        self.host.load(self.folder / name)

    def do_socket(self, name: str, *modes: str) -> None:
        self.sockets[name] = self.host.open(*(ChannelMode[mode] for mode in modes))

    def do_session(self, name: str, socket: str, client: str) -> None:
        self.sessions[name] = self.sockets[socket].create_session(int(client))

    def do_client(self, session: str) -> str:
        return str(self.sessions[session].client_id)

    def do_mode(self, session: str, channel: str) -> str:
        return self.sessions[session].channel_mode(int(channel)).name

    def do_change(self, session: str, channel: str, mode: str) -> None:
        self.sessions[session].set_channel_mode(int(channel), ChannelMode[mode])

    def do_receive(self, session: str, channel: str, data: str) -> None:
        self.sessions[session].receive(words.to_bytes(data), int(channel))

    def do_send(self, session: str, channel: str, data: str) -> None:
        self.sessions[session].send(words.to_bytes(data), int(channel))

    def do_answer(self, answer: str) -> None:
        self.application.answer = answer

    def do_request(self, name: str, session: str, service: str, number: str, data: str) -> None:
        request = self.sessions[session].request(int(service, 16), int(number), words.to_bytes(data))
        self.requests[name] = request

    def do_cancel(self, request: str) -> None:
        self.requests[request].cancel()

    def do_settle(self) -> None:
        for name, request in list(self.requests.items())[self.settled :]:
            try:
                for result in request:
                    say(f"{name} result {words.of_bytes(bytes(result))}")
            except pintle.ServiceError as error:
                say(f"{name} exception {error.status} {words.of_bytes(error.args[0].encode())}")
            except pintle.CancelledError:
                pass
            assert request.status is not None
            say(f"{name} done {words.of_status(request.status)}")
        self.settled = len(self.requests)

    def do_disconnect(self, session: str) -> None:
        self.sessions[session].disconnect()

    def do_close(self, name: str) -> None:
        (self.sockets.get(name) or self.sessions[name]).close()

    def do_unload(self, plugin: str) -> str:
        receipt = self.plugins[plugin].unload()
        outcome = "stopped" if receipt.outcome == "stopped" else "not stopped"
        left = sum(receipt.left.get(kind, 0) for kind in KINDS)
        return f"{outcome}, calls {receipt.calls}, left {left}"

    def do_forge(self) -> str:
        """A handle is nothing that a program of Python's can make."""
        try:
            Session(1)
        except TypeError:
            return "refused"
        return "OK"

    def do_elsewhere(self, session: str, channel: str, data: str) -> str:
        ended = "OK"

        def send() -> None:
            nonlocal ended
            try:
                self.do_send(session, channel, data)
            except pintle.WrongThreadError:
                ended = "refused"

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()
        return ended

    def do_foreign(self, session: str, channel: str, data: str) -> None:
        with Host() as other, other.message(words.to_bytes(data)) as message:
            self.sessions[session].send(message, int(channel))

    def do_end(self) -> None:
        self.host.close()


def main() -> None:
    if len(sys.argv) != 4:
        sys.exit("usage: main.py steps.txt FOLDER-OF-PLUGINS WORKERS")
    steps, folder, workers = sys.argv[1:]
    logger = logging.getLogger("pintle")
    logger.setLevel(logging.INFO)
    logger.addHandler(Log())
    scenario = Scenario(Path(folder), int(workers))
    for line in Path(steps).read_text().splitlines():
        if line and not line.startswith("#"):
            print(line)
            say(scenario.step(line))


main()
