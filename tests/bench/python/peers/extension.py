"""The two C extensions."""

import importlib
from pathlib import Path
from typing import Any

import build


def _start(name: str, folder: Path, plugins: build.Plugins) -> tuple[Any, tuple[Any, Any, Any]]:
    build.extension(folder, Path(__file__).with_name(f"{name}.c"))
    module = importlib.import_module(name)
    return module, module.start(*map(str, plugins))


def functions(folder: Path, plugins: build.Plugins) -> dict[str, Any]:
    """Functions on handles."""
    module, (session, own, message) = _start("functions", folder, plugins)
    return vars(module) | {"session": session, "own": own, "message": message}


def methods(folder: Path, plugins: build.Plugins) -> dict[str, Any]:
    """Methods of objects."""
    _, (session, own, message) = _start("methods", folder, plugins)
    return {"session": session, "own": own, "message": message}
