"""What is written twice says the same twice: stubs and extension, Python and host."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pintle
from pintle import _pintle
from pintle.limits import Limits

STUBS = ast.parse((Path(pintle.__file__).parent / "_pintle.pyi").read_text())


def documented(body: list[ast.stmt], owner: object, name: str) -> Iterator[tuple[str, str | None, str | None]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            full = f"{name}.{node.name}"
            real = getattr(owner, node.name, None)
            if text := ast.get_docstring(node):
                yield full, text, inspect.getdoc(real)
            if isinstance(node, ast.ClassDef):
                yield from documented(node.body, real, full)


def test_the_documentation_of_the_stubs_is_that_of_the_extension() -> None:
    texts = list(documented(STUBS.body, _pintle, "pintle"))
    assert len(texts) > 100
    assert [] == [name for name, stub, real in texts if stub != real]


def test_every_status_has_its_name() -> None:
    known = {code: name for code in range(3000) if (name := _pintle.status_name(code))}
    assert {status.value: status.name for status in pintle.Status} == known


def test_limits_say_what_is_in_force() -> None:
    with pintle.Host() as host, pintle.Host(limits=host.limits) as same:
        assert same.limits == host.limits
        assert host.limits.sessions == 1024
    with pintle.Host(limits=Limits(sessions=7, workers=0)) as host, pintle.Host(limits=host.limits) as same:
        assert (same.limits.sessions, same.limits.workers) == (7, pintle.NO_WORKERS)


def test_the_names_of_channel_modes_are_those_of_the_host() -> None:
    with pintle.Host() as host, host.open(*pintle.ChannelMode) as socket:
        assert socket.channels == list(pintle.ChannelMode)
        with socket.create_session() as session:
            session.set_channel_mode(0, pintle.ChannelMode.RELIABLE)
            assert session.channel_mode(0) is pintle.ChannelMode.RELIABLE
