"""The table, in the form of the one that `cargo xtask bench` prints."""

from collections.abc import Sequence
from statistics import median

from rows import LEAST, ROWS, Row

NAMES = {
    "alone": "the calls alone, in C",
    "functions": "C extension, functions",
    "methods": "C extension, methods",
    "pintle": "pintle",
    "cffi": "cffi, API mode",
    "ctypes": "ctypes",
}

# Nanoseconds of each row and peer, round by round.
Figures = dict[tuple[str, str], list[float]]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios within a round."""
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def judged(row: Row, peer: str, figures: Figures) -> str:
    """What a peer is compared with, what it must reach, and whether it does."""
    to = "pintle" if row.pintle and peer in LEAST else row.floor
    if peer in (to, "alone"):
        return ""
    times = ratio(figures[row.name, peer], figures[row.name, to])
    must = verdict = ""
    if peer == "pintle" and row.most:
        must, verdict = f"<= {row.most}x", "ok" if times <= row.most else "over"
    elif to == "pintle" and row.most:
        must, verdict = f">= {LEAST[peer]}x", "ok" if times >= LEAST[peer] else "under"
    return f"{times:>7.2f}x  {NAMES[to]:<24} {must:>8}  {verdict}"


def show(figures: Figures, rounds: int) -> None:
    """Prints a block for every row."""
    print(f"{'':<40} {'ns':>8} {'ratio':>8}  {'to':<24} {'must':>8}")
    for row in ROWS:
        print(row.name)
        for peer in (peer for peer in NAMES if (row.name, peer) in figures):
            nanoseconds = median(figures[row.name, peer])
            print(f"  {NAMES[peer]:<38} {nanoseconds:>8.1f} {judged(row, peer, figures)}".rstrip())
    print(f"\nmedians of {rounds} interleaved rounds")
