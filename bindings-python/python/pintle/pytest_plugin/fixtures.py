"""The fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import pintle

from .census import Census
from .marker import Marker, plugin_path

PROCESS_WIDE = {"thread", "fd"}
"""What a receipt counts in the whole process, so that a test can be the cause as well; the census tells them apart."""


@pytest.fixture
def pintle_host(request: pytest.FixtureRequest) -> Iterator[pintle.Host]:
    """A host. When the test is over it is closed, and everything that its plugins left behind is a failure."""
    before = Census.take()
    host = pintle.Host()
    yield host
    try:
        host.close()
    except BufferError:
        # The frames of a test that failed keep its views; the census lets go of them.
        before.growth()
        host.close()
    left = [f"plugin {name}: {receipt}" for name, receipt in host.receipts if not _is_clean(receipt)]
    left += before.growth()
    if left and Marker.of(request.node).clean:
        pytest.fail("the test left things behind\n" + "\n".join(left), pytrace=False)


@pytest.fixture
def pintle_plugin(request: pytest.FixtureRequest, pintle_host: pintle.Host) -> pintle.Plugin:
    """The plugin that the test's marker, the option or the configuration names, loaded into ``pintle_host``."""
    marker = Marker.of(request.node)
    return pintle_host.load(
        plugin_path(request.node), config=marker.config, instance=marker.instance, priority=marker.priority
    )


def _is_clean(receipt: pintle.Receipt) -> bool:
    return receipt.outcome == "stopped" and not receipt.poisoned and receipt.left.keys() <= PROCESS_WIDE
