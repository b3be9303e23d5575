"""cffi in API mode: its generated C is compiled into one module with the application."""

import importlib
from pathlib import Path
from typing import Any

import build
from cffi import FFI


def start(folder: Path, plugins: build.Plugins) -> dict[str, Any]:
    header = (build.SHARED / "application.h").read_text()
    declarations = FFI()
    declarations.cdef("\n".join(line for line in header.splitlines() if not line.startswith("#")))
    declarations.set_source("with_cffi", '#include "application.h"', compiler_verbose=0)
    source = folder / "with_cffi.c"
    declarations.emit_c_code(str(source))
    build.extension(folder, source)
    module = importlib.import_module("with_cffi")
    ffi, lib = module.ffi, module.lib
    handles = ffi.new("bench_handles_t *")
    build.check(lib.bench_start(*(str(plugin).encode() for plugin in plugins), handles))
    return {
        "ffi": ffi,
        "lib": lib,
        "out": ffi.new("uint8_t const **"),
        "session": handles.session,
        "own": handles.own,
        "message": handles.message,
    }
