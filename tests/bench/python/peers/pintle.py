"""The package."""

from pathlib import Path
from typing import Any

import build
import pintle


def start(folder: Path, plugins: build.Plugins) -> dict[str, Any]:
    host = pintle.Host()
    for plugin in plugins:
        host.load(plugin)
    socket = host.open()
    (session,) = host.sessions
    return {
        "host": host,
        "session": session,
        "own": socket.create_session(1),
        "message": host.message(bytes(64)),
    }
