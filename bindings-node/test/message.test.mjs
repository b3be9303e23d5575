// Messages: writing, viewing without a copy, closing.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { CapacityError, ClosedError, Host, StateError } from "pintle";

import { bytes, plugin, text } from "./support.mjs";

let host;
beforeEach(() => {
  host = new Host();
});
afterEach(() => host.close());

test("a message is written, then sent without a copy, then sealed", () => {
  const session = host.open().createSession();
  const message = host.message(bytes("one "), { capacity: 16 });
  message.write(bytes("two"));
  assert.equal(message.length, 7);
  assert.equal(message.session, undefined);
  session.send(message);
  const taken = session.take();
  assert.equal(taken.handle, message.handle);
  assert.equal(text(taken.bytes), "one two");
  assert.throws(() => message.write(bytes("!")), StateError);
  taken.close();
  assert.equal(text(message.bytes), "one two");
});

test("a message has room for what it was made with", () => {
  const message = host.message(bytes("12"), { capacity: 4 });
  const { messageBytes, largeMessageBytes } = host.limits;
  message.write(new Uint8Array(messageBytes - 2));
  assert.throws(() => message.write(bytes("!")), CapacityError);
  assert.throws(() => host.message(new Uint8Array(largeMessageBytes + 1)), CapacityError);
  assert.equal(host.message(new Uint8Array(largeMessageBytes)).length, largeMessageBytes);
});

test("bytes are a copy, a view is not", () => {
  const message = host.message(bytes("abc"));
  const [copy, view] = [message.bytes, message.view];
  copy[0] = 0x78;
  assert.equal(text(view), "abc");
  assert.equal(message.view, view);
  view[0] = 0x78;
  assert.equal(text(message.bytes), "xbc");
});

test("a view is empty once its message is closed, written to, or handed over", async () => {
  const closed = host.message(bytes("abc"));
  const views = [closed.view];
  closed.close();
  const written = host.message(bytes("abc"), { capacity: 8 });
  views.push(written.view);
  written.write(bytes("def"));
  assert.equal(text(written.view), "abcdef");
  host.load(plugin("echo"));
  const handed = host.message(bytes("abc"));
  views.push(handed.view);
  const results = await host.open().createSession().call(0x1000_0001, 2, handed);
  assert.deepEqual(results.map(text), ["abc"]);
  assert.equal(handed.closed, true);
  for (const view of views) assert.equal(view.length, 0);
});

test("a request that is refused leaves its message as it was", () => {
  const message = host.message(bytes("abc"));
  assert.throws(() => host.open().createSession().request(5, 5, message));
  assert.equal(message.closed, false);
  assert.equal(text(message.view), "abc");
});

test("a view of nothing is empty", () => {
  assert.equal(host.message().view.length, 0);
  assert.equal(host.message().bytes.length, 0);
});

test("a view is empty once its host is closed, in whatever way", async () => {
  const other = new Host();
  const view = other.message(bytes("abc")).view;
  other[Symbol.dispose]();
  assert.equal(view.length, 0);
  const another = new Host();
  const awaited = another.message(bytes("abc")).view;
  await another.close();
  assert.equal(awaited.length, 0);
});

test("closing twice is fine, using it afterwards is not", () => {
  const message = host.message(bytes("abc"));
  message.close();
  message.close();
  message[Symbol.dispose]();
  for (const use of [() => message.bytes, () => message.view, () => message.length, () => message.handle, () => message.retain()]) {
    assert.throws(use, ClosedError);
  }
  const session = host.open().createSession();
  assert.throws(() => session.send(message), ClosedError);
});

test("every message that is closed can be had again", () => {
  for (let round = 0; round < 3 * host.limits.messages; round += 1) host.message(bytes("abc")).close();
});
