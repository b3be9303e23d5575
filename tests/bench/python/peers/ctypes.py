"""ctypes, with the types of arguments and results declared."""

from ctypes import CDLL, POINTER, Structure, byref, c_char, c_char_p, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from ctypes import string_at
from pathlib import Path
from typing import Any

import build


class Handles(Structure):
    _fields_ = [("session", c_uint64), ("own", c_uint64), ("message", c_uint64)]


ARGUMENTS: dict[str, list[Any]] = {
    "bench_start": [c_char_p, c_char_p, POINTER(Handles)],
    "bench_nothing": [],
    "bench_client_id": [c_uint64],
    "bench_channel_mode": [c_uint64, c_uint32],
    "bench_send": [c_uint64, c_uint32, c_char_p, c_size_t],
    "bench_length": [c_uint64],
    "bench_view": [c_uint64, POINTER(c_void_p)],
    "bench_take": [c_uint64],
    "bench_release": [c_uint64],
    "bench_call": [c_uint64, c_uint32, c_uint32, c_char_p, c_size_t, POINTER(c_void_p)],
}


def start(folder: Path, plugins: build.Plugins) -> dict[str, Any]:
    lib = CDLL(str(build.linked(folder / "with_ctypes.so", "-fvisibility=default")))
    for name, types in ARGUMENTS.items():
        function = getattr(lib, name)
        function.argtypes = types
        function.restype = c_int64
    handles = Handles()
    build.check(lib.bench_start(*(str(plugin).encode() for plugin in plugins), byref(handles)))
    out = c_void_p()
    return {
        "lib": lib,
        "out": out,
        "into": byref(out),
        "session": handles.session,
        "own": handles.own,
        "message": handles.message,
        "string_at": string_at,
        "c_char": c_char,
    }
