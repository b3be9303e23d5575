"""What a hot call costs in Python: the package beside C extensions, cffi and ctypes, in one process.

Every number is the median of interleaved rounds, and every ratio that of the ratios within a round: the machine's moods
cancel out. Nothing here fails for being slow; the table says what is over its budget.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
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
# Many short rounds: on a busy machine most of them pass undisturbed.
ROUNDS = 401
QUICK_ROUNDS = 11
CALLS = 2_000

# Seconds that so many calls take.
Run = Callable[[int], float]


def in_c(what: str, repeat: Callable[[str, int], object]) -> Run:
    """The same calls without Python."""

    def run(calls: int) -> float:
        start = perf_counter()
        repeat(what, calls)
        return perf_counter() - start

    return run


def runs(folder: Path) -> dict[tuple[str, str], Run]:
    """What is measured, for each row and peer."""
    sys.path.insert(0, str(folder))
    plugins = build.plugins(folder)
    names = {peer: start(folder, plugins) | {"data": bytes(64)} for peer, start in PEERS.items()}
    measured: dict[tuple[str, str], Run] = {}
    for row in rows.ROWS:
        measured[row.name, "alone"] = in_c(row.alone, names["functions"]["repeat"])
        for peer in PEERS:
            if statement := getattr(row, peer):
                measured[row.name, peer] = Timer(statement, globals=names[peer]).timeit
    return measured


def measure(runs: dict[tuple[str, str], Run], rounds: int) -> table.Figures:
    """Nanoseconds of a call, round by round, without those of Python's loop around it."""
    loop = Timer("pass")
    figures: table.Figures = {key: [] for key in runs}
    for number in range(rounds + 1):
        around = loop.timeit(CALLS)
        for key, run in runs.items():
            seconds = run(CALLS) - (0 if key[1] == "alone" else around)
            # The first round warms up.
            if number > 0:
                figures[key].append(seconds / CALLS * 1e9)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small part of the rounds: whether everything runs")
    rounds = QUICK_ROUNDS if parser.parse_args().quick else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(runs(Path(folder)), rounds)
    table.show(figures, rounds)


main()
