"""Plugins: loading, refusal, unloading, receipts."""

from __future__ import annotations

from pathlib import Path

import pytest

import pintle
import support


def test_a_plugin_says_who_it_is(host: pintle.Host) -> None:
    plugin = host.load(support.real("stats"))
    assert plugin.name == "org.pintle.stats"
    assert plugin.path == support.real("stats")
    assert not plugin.closed
    descriptor = plugin.descriptor
    assert (descriptor.id, descriptor.name, descriptor.version) == ("org.pintle.stats", "stats", "0.1.0")
    assert descriptor.vendor == "Pintle"
    assert descriptor.description == "Counts messages and bytes over all sessions"
    assert descriptor.licence == "MIT OR Apache-2.0"
    assert descriptor.services == []
    assert "MULTI_INSTANCE" in descriptor.flags
    assert descriptor.settings == []


def test_a_plugin_says_what_can_be_set() -> None:
    def declared(name: str) -> list[pintle.Setting]:
        descriptor = pintle.inspect(support.real(name)).descriptor
        assert descriptor is not None
        return descriptor.settings

    (channels,) = declared("shout")
    assert (channels.name, channels.type, channels.required, channels.default) == ("channels", "texts", True, None)
    assert channels.description.startswith("Channels whose messages are made loud")
    settings = {setting.name: setting for setting in declared("websocket")}
    ping = settings["ping_seconds"]
    assert (ping.type, ping.least, ping.most, ping.words, ping.default) == ("int", 0, 86_400, [], 20)
    assert (settings["low_water"].required, settings["low_water"].default) == (False, None)


def test_instances_have_names_of_their_own(host: pintle.Host) -> None:
    names = [host.load(support.real("stats"), instance=name).name for name in ("left", "right", "")]
    assert names == ["left", "right", "org.pintle.stats"]
    assert host.load(support.real("stats")).name == "org.pintle.stats-2"


def test_a_path_may_be_text(host: pintle.Host) -> None:
    assert host.load(str(support.real("stats"))).descriptor.name == "stats"


def test_the_configuration_arrives(host: pintle.Host, session: pintle.Session) -> None:
    host.load(support.real("shout"), config="channels=0")
    session.send(b"quiet")
    assert support.text(session.next(support.TIMEOUT)) == "QUIET"


def test_a_refused_configuration_is_the_plugins_own_error(host: pintle.Host) -> None:
    with pytest.raises(pintle.ArgumentError, match="a channel is a number") as caught:
        host.load(support.real("shout"), instance="loud", config="channels=many")
    assert caught.value.plugin == "loud"
    assert caught.value.code == pintle.Status.E_ARGUMENT
    with pytest.raises(pintle.PluginError, match="told to refuse its configuration") as refused:
        host.load(support.native("refuser"), config="no")
    assert (refused.value.code, refused.value.origin) == (10_007, "plugin")
    assert host.plugins == []


def files(folder: Path) -> dict[str, Path]:
    made = {
        "E_NO_FILE": folder / "absent.so",
        "E_NOT_A_LIBRARY": folder / "text.so",
        "E_TRUNCATED": folder / "short.so",
        "E_NO_ENTRY": folder / "library.so",
    }
    made["E_NOT_A_LIBRARY"].write_text("INPUT(libplugin.so)")
    made["E_TRUNCATED"].write_bytes(support.real("stats").read_bytes()[:2000])
    source = folder / "library.c"
    source.write_text("int answer(void) { return 42; }")
    support.compile(source, made["E_NO_ENTRY"])
    return made


@pytest.mark.parametrize("status", ["E_NO_FILE", "E_NOT_A_LIBRARY", "E_TRUNCATED", "E_NO_ENTRY"])
def test_a_file_that_is_no_plugin_is_refused_with_its_path(host: pintle.Host, tmp_path: Path, status: str) -> None:
    path = files(tmp_path)[status]
    with pytest.raises(pintle.LoadError) as caught:
        host.load(path)
    error = caught.value
    assert (error.status, error.origin) == (status, "host")
    assert error.code == pintle.Status[status]
    assert error.path is not None and Path(error.path) == path
    assert str(path) in str(error)


def test_a_folder_is_no_plugin(host: pintle.Host, tmp_path: Path) -> None:
    with pytest.raises(pintle.LoadError, match="folder"):
        host.load(tmp_path)


def test_a_second_instance_is_refused_where_the_plugin_allows_one(host: pintle.Host) -> None:
    host.load(support.native("hostile"), instance="first")
    with pytest.raises(pintle.Error, match="first") as caught:
        host.load(support.native("hostile"))
    assert caught.value.code == pintle.Status.E_EXISTS


def test_unloading_gives_a_receipt(host: pintle.Host, session: pintle.Session) -> None:
    plugin = host.load(support.real("stats"))
    session.send(b"one")
    assert plugin.receipt.outcome == "live"
    receipt = plugin.unload()
    assert receipt.outcome == "stopped"
    assert receipt.clean and not receipt.poisoned
    assert receipt.left == {}
    assert receipt.calls >= 3
    assert receipt.image == "unmapped"
    assert str(receipt).startswith("stopped after")
    assert plugin.closed
    assert str(plugin.receipt) == str(receipt)
    assert [(name, str(kept)) for name, kept in host.receipts] == [("org.pintle.stats", str(receipt))]


def test_the_host_unloads_too(host: pintle.Host) -> None:
    assert host.unload(host.load(support.real("stats")), 5.0).clean


def test_a_plugin_is_unloaded_once(host: pintle.Host) -> None:
    plugin = host.load(support.real("stats"))
    plugin.unload()
    with pytest.raises(pintle.ClosedError):
        plugin.unload()


def test_a_plugin_of_another_host_is_refused(host: pintle.Host) -> None:
    with pintle.Host() as other:
        plugin = other.load(support.real("stats"))
        with pytest.raises(pintle.HandleError) as caught:
            host.unload(plugin)
        assert caught.value.code == pintle.Status.E_FOREIGN
        assert not plugin.closed


def test_plugins_are_compared_by_what_they_are(host: pintle.Host) -> None:
    plugin = host.load(support.real("stats"))
    other = host.load(support.real("stats"))
    assert plugin == host.plugins[0] and plugin is not host.plugins[0]
    assert plugin != other
    assert {plugin, other, host.plugins[0]} == {plugin, other}


@pytest.mark.pintle(clean=False)
def test_a_receipt_counts_what_was_left(host: pintle.Host) -> None:
    plugin = host.load(support.native("leaky"), config="message timer session")
    receipt = plugin.unload()
    assert not receipt.clean
    assert receipt.left == {"message": 1, "timer": 1, "session": 1, "socket": 1}
    assert "left behind 1 message, 1 socket, 1 session, 1 timer" in str(receipt)


@pytest.mark.pintle(clean=False)
def test_a_plugin_that_does_not_stop_is_ended(host: pintle.Host) -> None:
    plugin = host.load(support.native("hostile"), config="stubborn")
    receipt = plugin.unload(timeout=0.01)
    assert receipt.outcome == "forced"
    assert "did not stop" in receipt.reason
    assert plugin.closed


def test_unloading_inside_a_callback_is_refused(host: pintle.Host) -> None:
    plugin = host.load(support.real("stats"))
    host.submit(plugin.unload)
    with pytest.raises(pintle.ReentrantError):
        host.poll(0)
    assert not plugin.closed


@pytest.mark.pintle(clean=False)
def test_a_poisoned_plugin_takes_no_more_calls(host: pintle.Host, session: pintle.Session) -> None:
    plugin = host.load(support.native("refuser"))
    panic = b"%d" % pintle.Status.E_PANIC
    with pytest.raises(pintle.PoisonedError):
        session.receive(panic)
    session.receive(panic)
    receipt = plugin.unload()
    assert receipt.poisoned and not receipt.clean
