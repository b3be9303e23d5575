"""The short version of memory.py."""

from __future__ import annotations

import pytest

import memory
import support


@pytest.mark.parametrize("name", ["stats", "echo", "shout"])
def test_lives_of_a_plugin_cost_no_memory(name: str) -> None:
    before, after = memory.measure(support.real(name), 100, 1_000)
    assert after - before <= memory.NOISE
