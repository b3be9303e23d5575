"""Compiles what the peers need, each into a library of its own."""

import os
import shlex
import subprocess
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent / "c"
INCLUDE = HERE.parents[2] / "include"
FLAGS = "-std=c11 -O2 -DNDEBUG -Wall -Wextra -fPIC -shared -fvisibility=hidden".split()

Plugins = tuple[Path, Path]


def compiled(library: Path, *arguments: str | Path) -> Path:
    """A shared library from sources and flags."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    subprocess.run([*compiler, *FLAGS, f"-I{INCLUDE}", f"-I{SHARED}", *arguments, "-o", library], check=True)
    return library


def linked(library: Path, *arguments: str | Path) -> Path:
    """One that has the application and libpintle.a in it: a host of its own, as the package has."""
    archive = Path(os.environ["PINTLE_LIB"], "libpintle.a")
    return compiled(library, *arguments, SHARED / "application.c", archive, "-lm")


def extension(folder: Path, source: Path) -> Path:
    """An extension module, to be imported from the folder."""
    python = sysconfig.get_path("include")
    return linked(folder / f"{source.stem}.so", f"-I{python}", "-Wno-missing-field-initializers", source)


def plugins(folder: Path) -> Plugins:
    """A plugin that owns a session, and one with a service."""
    return tuple(compiled(folder / f"{name}.so", SHARED / f"{name}.c") for name in ("owner", "service"))


def check(started: int) -> None:
    """Fails with the status that the application's host was refused with."""
    if started < 0:
        raise RuntimeError(f"the host does not start: status {-started}")
