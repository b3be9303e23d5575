"""Offers: tables of functions that plugins and the application publish for each other."""

from __future__ import annotations

import ctypes
import threading

import pytest

import pintle
import support
from pintle import Status

ID = "org.test.prices/1"

Price = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint64))


class Prices(ctypes.Structure):
    """The table of tests/offers/prices.h."""

    _fields_ = [("size", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("price", Price)]


def price(offer: pintle.Offer, symbol: int) -> int:
    """Asks for a price, as a program would."""
    out = ctypes.c_uint64()

    def ask(publisher: int, table: int) -> int:
        return int(Prices.from_address(table).price(publisher, symbol, ctypes.byref(out)))

    assert offer.call(ask) == Status.OK
    return out.value


@pytest.fixture
def shop(host: pintle.Host) -> pintle.Plugin:
    """Publishes prices: twice the symbol."""
    return host.load(support.shared("offers/shop.c"), instance="shop")


def test_a_table_of_a_plugin_is_called(host: pintle.Host, shop: pintle.Plugin) -> None:
    offer = host.find_offer(ID)
    assert (offer.id, offer.closed, price(offer, 21)) == (ID, False, 42)
    with pytest.raises(pintle.NotFoundError, match="shop: there is no symbol 13"):
        price(offer, 13)
    assert price(offer, 4) == 8


def test_an_offer_ends_with_its_publisher(host: pintle.Host, shop: pintle.Plugin) -> None:
    offer = host.find_offer(ID)
    shop.unload()
    assert offer.closed
    with pytest.raises(pintle.StaleError):
        price(offer, 1)
    with pytest.raises(pintle.NotFoundError):
        host.find_offer(ID)
    host.load(support.shared("offers/shop.c"))
    again = host.find_offer(ID)
    assert again != offer and offer.closed and not again.closed
    assert price(again, 5) == 10


def test_a_publisher_that_panics_is_poisoned_alone() -> None:
    with pintle.Host() as host:
        shop = host.load(support.shared("offers/shop.c"))
        offer = host.find_offer(ID)
        with pytest.raises(pintle.PoisonedError, match="the table of prices is broken"):
            price(offer, 666)
        assert offer.closed and shop.unload().poisoned
        assert host.open().create_session().client_id == 0


def test_what_the_function_raises_is_raised(host: pintle.Host, shop: pintle.Plugin) -> None:
    offer = host.find_offer(ID)
    raised = KeyError("mine")

    def ask(publisher: int, table: int) -> int:
        raise raised

    with pytest.raises(KeyError) as caught:
        offer.call(ask)
    assert caught.value is raised
    # It was not the publisher's.
    assert price(offer, 3) == 6 and not shop.receipt.poisoned


def test_what_the_function_returns_is_a_status(host: pintle.Host, shop: pintle.Plugin) -> None:
    offer = host.find_offer(ID)
    assert offer.call(lambda publisher, table: None) == Status.OK
    assert offer.call(lambda publisher, table: 50) == 50
    with pytest.raises(pintle.PluginError) as caught:
        offer.call(lambda publisher, table: 12_345)
    assert caught.value.code == 12_345
    with pytest.raises(TypeError, match="the function returned 'text'"):
        offer.call(lambda publisher, table: "text")  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="callable"):
        offer.call("no function")  # type: ignore[arg-type]
    assert not shop.receipt.poisoned


def test_calls_nest_as_deep_as_callbacks_may(host: pintle.Host, shop: pintle.Plugin) -> None:
    offer = host.find_offer(ID)
    depth = 0

    def ask(publisher: int, table: int) -> None:
        nonlocal depth
        depth += 1
        offer.call(ask)

    with pytest.raises(pintle.ReentrantError):
        offer.call(ask)
    assert depth == host.limits.depth
    assert price(offer, 1) == 2


def hundredfold(publisher: int | None, symbol: int, out: ctypes._Pointer[ctypes.c_uint64]) -> int:
    out[0] = symbol * 100
    return Status.OK


PRICES = Prices(ctypes.sizeof(Prices), 0, Price(hundredfold))
"""A table of the application's, which lives as long as every host here."""


def test_plugins_call_a_table_of_the_application(host: pintle.Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "pintle.finder")
    host.load(support.shared("offers/finder.cpp"), instance="finder", config="7")
    offer = host.publish(ID, ctypes.addressof(PRICES))
    assert offer == host.find_offer(ID) and price(offer, 2) == 200
    host.open().close()
    offer.withdraw()
    offer.withdraw()
    host.open().close()
    said = [record.getMessage() for record in caplog.records]
    assert said[:3] == ["found", "price 700", "ended"]
    assert said[3].startswith("no price: ") and len(said) == 4
    assert offer.closed
    with pytest.raises(pintle.StaleError):
        price(offer, 2)


def test_the_id_outlives_its_text_and_is_free_again(host: pintle.Host) -> None:
    for number in range(100):
        # A new text each time, which is gone when the offer is looked for.
        offer = host.publish("/".join(ID.split("/")), ctypes.addressof(PRICES))
        assert host.find_offer(ID) == offer and price(offer, number) == number * 100
        offer.withdraw()


class Hearing:
    """Hears of offers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, pintle.Offer, bool]] = []

    def offer_published(self, offer: pintle.Offer) -> None:
        self.heard.append(("published", offer, offer.closed))

    def offer_ended(self, offer: pintle.Offer) -> None:
        self.heard.append(("ended", offer, offer.closed))


def test_the_application_hears_of_offers_of_others() -> None:
    application = Hearing()
    with pintle.Host(application=application) as host:
        host.publish("org.test.mine/1", ctypes.addressof(PRICES)).withdraw()
        assert application.heard == []
        shop = host.load(support.shared("offers/shop.c"))
        offer = host.find_offer(ID)
        shop.unload()
        assert application.heard == [("published", offer, False), ("ended", offer, True)]
        assert application.heard[0][1].id == ID


def test_what_hearing_of_an_offer_raises_is_raised_by_what_caused_it() -> None:
    class Refusing:
        def offer_published(self, offer: pintle.Offer) -> None:
            raise KeyError(offer.id)

    with pintle.Host(application=Refusing()) as host:
        with pytest.raises(KeyError, match=ID):
            host.load(support.shared("offers/shop.c"))
        assert price(host.find_offer(ID), 1) == 2


def test_what_cannot_be_published_is_refused(host: pintle.Host, shop: pintle.Plugin) -> None:
    at = ctypes.addressof(PRICES)
    with pytest.raises(pintle.StateError, match="published already"):
        host.publish(ID, at)
    with pytest.raises(pintle.PermissionDeniedError, match="pintle"):
        host.publish("pintle.mine/1", at)
    small = (ctypes.c_uint32 * 2)(7, 0)
    for id, table in (("", at), ("org.test.mine/1", 0), ("org.test.mine/1", ctypes.addressof(small))):
        with pytest.raises(pintle.ArgumentError):
            host.publish(id, table)
    with pytest.raises(OverflowError):
        host.publish("org.test.mine/1", -1)
    with pytest.raises(pintle.NotOwnerError):
        host.find_offer(ID).withdraw()


def test_there_are_as_many_offers_as_the_limits_say() -> None:
    with pintle.Host(limits=pintle.Limits(offers=1)) as host:
        host.publish("org.test.one/1", ctypes.addressof(PRICES))
        with pytest.raises(pintle.CapacityError):
            host.publish("org.test.two/1", ctypes.addressof(PRICES))


def test_an_offer_belongs_to_the_kernel_thread_and_ends_with_the_host(host: pintle.Host) -> None:
    offer = host.publish(ID, ctypes.addressof(PRICES))
    refused: list[type[Exception]] = []

    def elsewhere() -> None:
        for call in (offer.withdraw, lambda: price(offer, 1), lambda: host.find_offer(ID)):
            with pytest.raises(pintle.Error) as caught:
                call()
            refused.append(caught.type)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert refused == [pintle.WrongThreadError] * 3
    host.close()
    offer.withdraw()
    assert offer.closed and offer.host is host
    with pytest.raises(pintle.ClosedError):
        price(offer, 1)


def test_offers_are_compared_by_what_they_are(host: pintle.Host, shop: pintle.Plugin) -> None:
    one, two = host.find_offer(ID), host.find_offer(ID)
    other = host.publish("org.test.mine/1", ctypes.addressof(PRICES))
    assert one == two != other and {one, two, other} == {two, other}
    assert one not in ["an offer", 1, None]
