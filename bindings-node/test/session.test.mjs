// Sessions: sending, receiving, waiting, back-pressure.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { AgainError, ArgumentError, ChannelMode, ClosedError, Host, NotFoundError, StaleError, TimeoutError, UnsupportedError } from "pintle";

import { bytes, plugin, text } from "./support.mjs";

let host;
beforeEach(() => {
  host = new Host({ queue: 4, limits: { messages: 32 } });
});
afterEach(() => host.close());

// docs/flow.md 16.1, 16.3
test("what is sent to an own session waits there", () => {
  const session = host.open().createSession({ clientId: 7, address: "1.2.3.4:5" });
  assert.equal(session.take(), undefined);
  session.send(bytes("one"));
  session.send(bytes("two"), 0);
  const [one, two] = [session.take(), session.take()];
  assert.equal(text(one.bytes), "one");
  assert.equal(text(two.bytes), "two");
  assert.equal(one.session, session);
  assert.equal(one.channel, 0);
  assert.equal(session.take(), undefined);
});

test("bytes of any kind can be sent", () => {
  const session = host.open().createSession();
  const four = new Uint8Array([1, 2, 3, 4]);
  const kinds = [
    Buffer.from(four),
    four,
    new DataView(four.buffer),
    four.buffer,
    new Uint8Array([0, 1, 2, 3, 4, 5]).subarray(1, 5),
    new Uint32Array([0x04030201]),
    host.message(four),
  ];
  for (const kind of kinds) {
    session.send(kind);
    assert.deepEqual([...session.take().bytes], [1, 2, 3, 4]);
  }
  session.send(new Uint8Array());
  assert.equal(session.take().length, 0);
  for (const wrong of ["text", 5, null, undefined, {}, [1, 2]]) {
    assert.throws(() => session.send(wrong), (error) => {
      assert.ok(error instanceof ArgumentError);
      assert.match(error.message, /a Uint8Array or another view, an ArrayBuffer, or a Message/);
      return true;
    });
  }
});

test("a session tells about itself", () => {
  const socket = host.open(ChannelMode.UNRELIABLE, ChannelMode.RELIABLE);
  const session = socket.createSession({ clientId: 7, address: "[::1]:80" });
  assert.equal(session.clientId, 7);
  assert.equal(session.clientId, 7);
  assert.equal(session.address, "[::1]:80");
  assert.deepEqual([session.user, session.protocol], ["", ""]);
  assert.equal(session.socket, socket);
  assert.equal(session.own, true);
  assert.deepEqual(host.sessions, [session]);
  assert.deepEqual(socket.sessions, [session]);
  assert.deepEqual(socket.channels, [ChannelMode.UNRELIABLE, ChannelMode.RELIABLE]);
  assert.equal(session.channelMode(1), ChannelMode.RELIABLE);
  session.setChannelMode(1, ChannelMode.SEQUENCED);
  assert.equal(session.channelMode(1), ChannelMode.SEQUENCED);
  assert.equal(typeof session.handle, "bigint");
  assert.throws(() => session.rtt, UnsupportedError);
  assert.throws(() => session.disconnect(), UnsupportedError);
  assert.throws(() => session.send(bytes("x"), 2), NotFoundError);
  assert.throws(() => session.send(bytes("x"), -1), ArgumentError);
  assert.throws(() => session.send(bytes("x"), 0.5), ArgumentError);
  assert.throws(() => session.send(bytes("x"), "0"), ArgumentError);
});

test("client ids keep all of their 64 bits", () => {
  const socket = host.open();
  for (const clientId of [0, -1, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n)]) {
    assert.equal(socket.createSession({ clientId }).clientId, clientId);
  }
  assert.equal(socket.createSession({ clientId: 5n }).clientId, 5);
  assert.throws(() => socket.createSession({ clientId: 1.5 }), ArgumentError);
  assert.throws(() => socket.createSession({ clientId: 2n ** 63n }), ArgumentError);
  for (const address of ["nowhere", "localhost:80", "1.2.3.4", "fe80::1"]) {
    assert.throws(
      () => socket.createSession({ address }),
      (error) =>
        error instanceof ArgumentError &&
        [address, "1.2.3.4:5", "[::1]:5", "unix:/run/x.sock"].every((text) => error.message.includes(text)),
    );
  }
});

test("a session is told all about its peer", () => {
  const socket = host.open();
  const session = socket.createSession({ address: "unix:/run/x.sock", user: "änne", protocol: "chat.2" });
  assert.deepEqual([session.address, session.user, session.protocol], ["unix:/run/x.sock", "änne", "chat.2"]);
  // What an address reads as can be told again.
  const again = socket.createSession({ address: session.address });
  session.close();
  assert.deepEqual([again.address, again.user, again.protocol], ["unix:/run/x.sock", "", ""]);
  assert.throws(() => socket.createSession({ user: 7 }), ArgumentError);
});

test("a plugin in between is passed both ways", async () => {
  host.load(plugin("shout"), { config: "channels=0" });
  const session = host.open().createSession();
  session.send(bytes("loud"));
  assert.equal(text((await session.next()).bytes), "LOUD");
  session.receive(bytes("also in"));
});

test("next() waits for what is sent later, in the order of asking", async () => {
  const session = host.open().createSession();
  const both = Promise.all([session.next(), session.next()]);
  session.send(bytes("first"));
  session.send(bytes("second"));
  assert.deepEqual((await both).map((message) => text(message.bytes)), ["first", "second"]);
});

test("next() ends with its session, its signal or its time", async () => {
  const session = host.open().createSession();
  const controller = new AbortController();
  const aborted = session.next({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(aborted, /enough/);
  await assert.rejects(session.next({ signal: controller.signal }), /enough/);
  await assert.rejects(session.next({ timeout: 5 }), TimeoutError);
  const ended = session.next();
  session.close();
  await assert.rejects(ended, ClosedError);
  await assert.rejects(session.next(), ClosedError);
  assert.equal(session.closed, true);
  assert.throws(() => session.send(bytes("x")), StaleError);
  assert.throws(() => session.clientId, StaleError);
  session.close();
});

// docs/flow.md 16.8
test("what waits when a session ends can still be taken", async () => {
  const session = host.open().createSession();
  session.send(bytes("last words"));
  session.close();
  assert.equal(text((await session.next()).bytes), "last words");
  await assert.rejects(session.next(), ClosedError);
});

test("for await gives the messages until the session ends", async () => {
  const session = host.open().createSession();
  setImmediate(() => {
    session.send(bytes("a"));
    session.send(bytes("b"));
    setImmediate(() => session.close());
  });
  const seen = [];
  for await (const message of session) seen.push(text(message.bytes));
  assert.deepEqual(seen, ["a", "b"]);
});

test("an iteration's message is closed when the next one comes, unless it is retained", async () => {
  const session = host.open().createSession();
  for (const word of ["a", "b", "c"]) session.send(bytes(word));
  session.close();
  const seen = [];
  for await (const message of session) {
    seen.push(message);
    if (seen.length === 2) message.retain();
  }
  assert.deepEqual(seen.map((message) => message.closed), [true, false, true]);
  assert.equal(text(seen[1].bytes), "b");
});

test("leaving an iteration closes its message, and another one goes on", async () => {
  const session = host.open().createSession();
  for (const word of ["a", "b"]) session.send(bytes(word));
  let left;
  for await (const message of session) {
    left = message;
    break;
  }
  assert.equal(left.closed, true);
  for await (const message of session) {
    assert.equal(text(message.bytes), "b");
    break;
  }
});

test("whoever sends is made to wait while the queue is full", () => {
  const session = host.open().createSession();
  let sent = 0;
  assert.throws(() => {
    for (;;) {
      session.send(bytes(String(sent)));
      sent += 1;
    }
  }, AgainError);
  assert.equal(sent, 4);
  for (let taken = 0; taken < 4; taken += 1) {
    const message = session.take();
    assert.equal(text(message.bytes), String(taken));
    message.close();
  }
  assert.equal(session.take(), undefined);
  session.send(bytes("again"));
});

test("far more messages than the host has pass through an iteration", async () => {
  const session = host.open().createSession();
  const total = 500;
  let [sent, received] = [0, 0];
  const fill = () => {
    try {
      for (; sent < total; sent += 1) session.send(bytes(String(sent)));
      session.close();
    } catch (error) {
      assert.ok(error instanceof AgainError);
      setImmediate(fill);
    }
  };
  fill();
  for await (const message of session) {
    assert.equal(text(message.bytes), String(received));
    received += 1;
  }
  assert.equal(received, total);
});

test("sessions that ended unread leave room for the rest", () => {
  const socket = host.open();
  for (let count = 0; count < 20; count += 1) {
    const ended = socket.createSession();
    for (let sent = 0; sent < 4; sent += 1) ended.send(bytes("unread"));
    ended.close();
  }
  const last = socket.createSession();
  for (let sent = 0; sent < 4; sent += 1) last.send(bytes("read"));
  assert.equal(text(last.take().bytes), "read");
});
