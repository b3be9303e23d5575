"""What is measured, and what each peer says for it: the statements that are timed."""

from dataclasses import dataclass

# What the package may cost, in times of the C extension. A budget is part of the design: loosening one is a decision,
# not a repair.
INTS = 1.5
BYTES = 1.8
# What others must cost at least, in times of the package.
LEAST = {"cffi": 3, "ctypes": 10}


@dataclass(frozen=True)
class Row:
    name: str
    most: float | None
    alone: str
    functions: str | None
    methods: str
    pintle: str | None
    cffi: str
    ctypes: str

    @property
    def floor(self) -> str:
        """What the package is measured against: functions, but methods for what is an expression of the language."""
        return "functions" if self.functions else "methods"


ROWS = (
    Row(
        "nothing",
        INTS,
        alone="nothing",
        functions="nothing()",
        methods="session.nothing()",
        pintle=None,
        cffi="lib.bench_nothing()",
        ctypes="lib.bench_nothing()",
    ),
    Row(
        "client id of a session: an int out",
        INTS,
        alone="client_id",
        functions="client_id(session)",
        methods="session.client_id",
        pintle="session.client_id",
        cffi="lib.bench_client_id(session)",
        ctypes="lib.bench_client_id(session)",
    ),
    Row(
        "mode of a channel: an int in, an int out",
        INTS,
        alone="channel_mode",
        functions="channel_mode(session, 0)",
        methods="session.channel_mode(0)",
        pintle="session.channel_mode(0)",
        cffi="lib.bench_channel_mode(session, 0)",
        ctypes="lib.bench_channel_mode(session, 0)",
    ),
    Row(
        "send, 64 bytes in",
        BYTES,
        alone="send",
        functions="send(session, data)",
        methods="session.send(data)",
        pintle="session.send(data)",
        cffi="lib.bench_send(session, 0, data, len(data))",
        ctypes="lib.bench_send(session, 0, data, len(data))",
    ),
    Row(
        "length of a message",
        INTS,
        alone="length",
        functions="length(message)",
        methods="len(message)",
        pintle="len(message)",
        cffi="lib.bench_length(message)",
        ctypes="lib.bench_length(message)",
    ),
    Row(
        "bytes of a message, 64 out",
        BYTES,
        alone="read",
        functions=None,
        methods="bytes(message)",
        pintle="bytes(message)",
        cffi="length = lib.bench_view(message, out); ffi.buffer(out[0], length)[:]",
        ctypes="string_at(out, lib.bench_view(message, into))",
    ),
    Row(
        "view of a message, no copy",
        BYTES,
        alone="view",
        functions=None,
        methods="memoryview(message)",
        pintle="memoryview(message)",
        cffi="length = lib.bench_view(message, out); ffi.buffer(out[0], length)",
        ctypes="(c_char * lib.bench_view(message, into)).from_address(out.value)",
    ),
    Row(
        "a message through a queue: sent, taken, read, closed",
        None,
        alone="queue",
        functions="send(own, data); taken = take(own); contents(taken); release(taken)",
        methods="own.send(data); taken = own.take(); bytes(taken); taken.close()",
        pintle="own.send(data); taken = own.take(); bytes(taken); taken.close()",
        cffi="lib.bench_send(own, 0, data, len(data)); taken = lib.bench_take(own); "
        "length = lib.bench_view(taken, out); ffi.buffer(out[0], length)[:]; lib.bench_release(taken)",
        ctypes="lib.bench_send(own, 0, data, len(data)); taken = lib.bench_take(own); "
        "string_at(out, lib.bench_view(taken, into)); lib.bench_release(taken)",
    ),
    Row(
        "request and its result, 64 bytes each",
        BYTES,
        alone="call",
        functions="call(own, 7, 1, data)",
        methods="own.call(7, 1, data)",
        pintle="own.call(7, 1, data)",
        cffi="length = lib.bench_call(own, 7, 1, data, len(data), out); [ffi.buffer(out[0], length)[:]]",
        ctypes="length = lib.bench_call(own, 7, 1, data, len(data), into); [string_at(out, length)]",
    ),
)
