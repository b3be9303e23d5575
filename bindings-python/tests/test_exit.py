"""The interpreter ends with everything still alive: exit code 0, no crash, no hang."""

from __future__ import annotations

import pytest

import support

BEGIN = f"""
import asyncio, atexit, gc, sys, threading
import pintle

host = pintle.Host()
host.load({str(support.real("stats"))!r})
host.load({str(support.real("echo"))!r})
host.load({str(support.native("waiter"))!r})
host.load({str(support.native("talker"))!r}, config="100")
session = host.open().create_session()
session.send(b"queued")
message = host.message(b"kept")
view = memoryview(message)
timer = host.timer(0.001, lambda: None, period=0.001)
request = session.request(0x2000_0001, 1)
with next(request) as began:
    assert bytes(began) == b"began"
"""

ENDS = {
    "falls off the end": "",
    "exits": "sys.exit(0)",
    "exits inside a callback": "host.submit(lambda: sys.exit(0))\nhost.run()",
    "with a cycle": "cycle = [host, session, message, request]; cycle.append(cycle); del host, session, message, request, timer",
    "with garbage": "del session, message, request, timer\ngc.collect()",
    "with the view gone": "view.release()",
    "closed at exit": "view.release()\natexit.register(host.close)",
    "with a thread that drives": """
host.stop()
ready = threading.Event()
def drive():
    host.adopt()
    ready.set()
    host.run(); host.run()
threading.Thread(target=drive, daemon=True).start()
ready.wait()
""",
    "with a thread that submits": """
def submit():
    while True:
        try: host.submit(lambda: None)
        except pintle.Error: pass
threading.Thread(target=submit, daemon=True).start()
""",
    "inside asyncio": """
other = host.open().create_session()
async def main():
    await host.__aenter__()
    asyncio.create_task(session.anext())
    asyncio.create_task(other.acall(0x2000_0001, 1))
    await asyncio.sleep(0)
asyncio.run(main())
""",
    "with every place taken": """
hosts = []
try:
    while True: hosts.append(pintle.Host())
except pintle.CapacityError:
    pass
""",
    "with the module taken apart": "sys.modules.clear()",
}


@pytest.mark.parametrize("end", ENDS)
def test_the_interpreter_ends(end: str) -> None:
    result = support.python(BEGIN + ENDS[end])
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    assert "Fatal" not in result.stderr and "panicked" not in result.stderr


def test_an_error_is_still_an_error() -> None:
    result = support.python(BEGIN + "raise SystemExit(3)")
    assert result.returncode == 3, result.stderr
    result = support.python(BEGIN + "raise RuntimeError('seen')")
    assert result.returncode == 1
    assert result.stderr.rstrip().endswith("RuntimeError: seen")
