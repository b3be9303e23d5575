// Offers: tables of functions that plugins and the program publish for each other. koffi calls what lies in them.
import assert from "node:assert/strict";
import { test } from "node:test";

import koffi from "koffi";
import {
  ArgumentError,
  CapacityError,
  ClosedError,
  Host,
  NotFoundError,
  NotOwnerError,
  Offer,
  PermissionDeniedError,
  PluginError,
  PoisonedError,
  ReentrantError,
  StaleError,
  StateError,
  Status,
} from "pintle";

import { shared, withHost } from "./support.mjs";

const ID = "org.test.prices/1";

// Only with a library has koffi the stack that it calls on.
koffi.load(null);
// The table of tests/offers/prices.h.
const Price = koffi.proto("int32_t price(void *publisher, uint32_t symbol, _Out_ uint64_t *out)");
const Prices = koffi.struct("prices", { size: "uint32_t", reserved: "uint32_t", price: koffi.pointer(Price) });

/** Asks for a price, as a program would. */
function price(offer, symbol) {
  const out = [0];
  const status = offer.call((publisher, table) =>
    koffi.call(koffi.decode(table, Prices).price, Price, publisher, symbol, out),
  );
  assert.equal(status, Status.OK);
  return Number(out[0]);
}

const load = (host) => host.load(shared("offers/shop.c"), { instance: "shop" });

test("a table of a plugin is called", async () => {
  await withHost((host) => {
    load(host);
    const offer = host.findOffer(ID);
    assert.ok(offer instanceof Offer);
    assert.deepEqual([offer.id, offer.closed, price(offer, 21)], [ID, false, 42]);
    assert.throws(() => price(offer, 13), NotFoundError);
    assert.throws(() => price(offer, 13), /shop: there is no symbol 13/);
    assert.equal(price(offer, 4), 8);
    assert.equal(host.findOffer(ID), offer);
  });
});

test("an offer ends with its publisher", async () => {
  await withHost(async (host) => {
    const shop = load(host);
    const offer = host.findOffer(ID);
    await shop.unload();
    assert.ok(offer.closed);
    assert.throws(() => price(offer, 1), StaleError);
    assert.throws(() => host.findOffer(ID), NotFoundError);
    load(host);
    const again = host.findOffer(ID);
    assert.notEqual(again, offer);
    assert.ok(offer.closed && !again.closed);
    assert.equal(price(again, 5), 10);
  });
});

test("a publisher that panics is poisoned alone", async () => {
  await withHost(async (host) => {
    const shop = load(host);
    const offer = host.findOffer(ID);
    assert.throws(() => price(offer, 666), PoisonedError);
    assert.ok(offer.closed);
    assert.ok((await shop.unload()).poisoned);
  });
});

test("what the function throws is thrown, and is not the publisher's", async () => {
  await withHost((host) => {
    const shop = load(host);
    const offer = host.findOffer(ID);
    for (const thrown of [new Error("mine"), "text", undefined]) {
      const call = () =>
        offer.call(() => {
          throw thrown;
        });
      assert.throws(call, (error) => error === thrown);
    }
    assert.equal(price(offer, 3), 6);
    assert.equal(shop.receipt.poisoned, false);
  });
});

test("what the function returns is a status", async () => {
  await withHost((host) => {
    load(host);
    const offer = host.findOffer(ID);
    assert.equal(offer.call(() => {}), Status.OK);
    assert.equal(offer.call(() => 50), 50);
    assert.throws(
      () => offer.call(() => 12_345),
      (error) => error instanceof PluginError && error.code === 12_345,
    );
    assert.throws(() => offer.call("no function"), TypeError);
  });
});

test("calls nest as deep as callbacks may", async () => {
  await withHost((host) => {
    load(host);
    const offer = host.findOffer(ID);
    let depth = 0;
    const ask = () => {
      depth += 1;
      offer.call(ask);
    };
    assert.throws(() => offer.call(ask), ReentrantError);
    assert.equal(depth, host.limits.depth);
    assert.equal(price(offer, 1), 2);
  });
});

// A table of the program's, which asks for a hundred times the symbol. It lives as long as every host here.
const Hundredfold = koffi.proto("int32_t hundredfold(void *publisher, uint32_t symbol, void *out)");
const hundredfold = koffi.register((publisher, symbol, out) => {
  koffi.encode(out, "uint64_t", symbol * 100);
  return Status.OK;
}, koffi.pointer(Hundredfold));
const table = koffi.alloc(Prices, 1);
koffi.encode(table, Prices, { size: koffi.sizeof(Prices), reserved: 0, price: hundredfold });

test("plugins call a table of the program", async () => {
  const said = [];
  await withHost(
    (host) => {
      host.load(shared("offers/finder.cpp"), { instance: "finder", config: "7" });
      const offer = host.publish(ID, table);
      assert.equal(host.findOffer(ID), offer);
      assert.equal(price(offer, 2), 200);
      host.open().close();
      offer.withdraw();
      offer.withdraw();
      host.open().close();
      assert.deepEqual(said.slice(0, 3), ["found", "price 700", "ended"]);
      assert.match(said[3], /^no price: /);
      assert.equal(said.length, 4);
      assert.ok(offer.closed);
      assert.throws(() => price(offer, 2), StaleError);
    },
    { log: ({ plugin, text }) => plugin === "finder" && said.push(text) },
  );
});

test("the program hears of offers of others", async () => {
  const heard = [];
  const application = {
    offerPublished: (offer) => heard.push(["published", offer, offer.closed]),
    offerEnded: (offer) => heard.push(["ended", offer, offer.closed]),
  };
  await withHost(
    async (host) => {
      host.publish("org.test.mine/1", table).withdraw();
      assert.deepEqual(heard, []);
      const shop = load(host);
      const offer = host.findOffer(ID);
      await shop.unload();
      assert.deepEqual(heard, [
        ["published", offer, false],
        ["ended", offer, true],
      ]);
      assert.equal(heard[0][1], offer);
      assert.equal(heard[1][1], offer);
    },
    { application },
  );
});

test("what cannot be published is refused", async () => {
  await withHost(
    (host) => {
      load(host);
      assert.throws(() => host.publish(ID, table), StateError);
      assert.throws(() => host.publish("pintle.mine/1", table), PermissionDeniedError);
      assert.throws(() => host.publish("", table), ArgumentError);
      assert.throws(() => host.publish("org.test.mine/1", 0n), ArgumentError);
      assert.throws(() => host.publish("org.test.mine/1", -1n), ArgumentError);
      assert.throws(() => host.publish("org.test.mine/1", 4096), ArgumentError);
      assert.throws(() => host.findOffer(ID).withdraw(), NotOwnerError);
      assert.throws(() => host.publish("org.test.mine/1", table), CapacityError);
    },
    { limits: { offers: 1 } },
  );
});

test("an offer ends with its host", async () => {
  const host = new Host();
  const offer = host.publish(ID, table);
  await host.close();
  offer.withdraw();
  assert.ok(offer.closed);
  assert.throws(() => price(offer, 1), ClosedError);
});
