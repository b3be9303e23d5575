"""What a hot call costs in Python: the package beside C extensions, cffi and ctypes, in one process.

Every number is the median of interleaved rounds, and every ratio that of the ratios within a round: the machine's moods
cancel out. Nothing here fails for being slow; the table says what is over its budget.
"""

import argparse
import tempfile
from pathlib import Path
from timeit import Timer

import build
import rows
import table
from peers import cffi, ctypes, extension, pintle

PEERS = {
    "functions": extension.functions,
    "methods": extension.methods,
    "pintle": pintle.start,
    "cffi": cffi.start,
    "ctypes": ctypes.start,
}
CALLS = 60_000
QUICK_CALLS = 2_000


def timers(folder: Path) -> dict[tuple[str, str], Timer]:
    """A timer for each row and peer."""
    plugins = build.plugins(folder)
    names = {peer: start(folder, plugins) | {"data": bytes(64)} for peer, start in PEERS.items()}
    return {
        (row.name, peer): Timer(statement, globals=names[peer])
        for row in rows.ROWS
        for peer in PEERS
        if (statement := getattr(row, peer))
    }


def measured(timers: dict[tuple[str, str], Timer], rounds: int, calls: int) -> dict[tuple[str, str], list[float]]:
    """Nanoseconds of a call, round by round, without those of the loop around it."""
    empty = Timer("pass")
    figures: dict[tuple[str, str], list[float]] = {key: [] for key in timers}
    for number in range(rounds + 1):
        loop = empty.timeit(calls)
        for key, timer in timers.items():
            seconds = timer.timeit(calls) - loop
            # The first round warms up.
            if number > 0:
                figures[key].append(seconds / calls * 1e9)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of the calls: whether everything runs")
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    calls = QUICK_CALLS if arguments.quick else CALLS
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(timers(Path(folder)), arguments.rounds, calls)
    table.show(figures, arguments.rounds)


main()
