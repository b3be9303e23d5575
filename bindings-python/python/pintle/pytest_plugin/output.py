"""What a child process wrote before it died."""

from __future__ import annotations

import os
import tempfile
from typing import IO, Any

import pytest


class Output:
    """The standard streams of a child.

    Where pytest captures fds, it does so in files that parent and child share: what a dead child wrote is still there. Else
    the standard error, where the crash handler writes, goes through a file of its own.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.capture: Any = config.pluginmanager.get_plugin("capturemanager")
        self.file: IO[bytes] | None = None
        if config.getoption("capture") != "fd":
            self.file = tempfile.TemporaryFile()

    def enter(self) -> None:
        """In the child, before the test."""
        if self.file is not None:
            os.dup2(self.file.fileno(), 2)

    def take(self) -> tuple[str, str]:
        """In the parent, after the test: what nobody has reported yet, of the standard output and error."""
        if self.file is None:
            out, err = self.capture.read_global_capture()
            return out, err
        with self.file as file:
            file.seek(0)
            err = file.read()
        os.write(2, err)
        return "", err.decode(errors="replace")
