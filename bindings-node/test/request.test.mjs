// Requests: results, exceptions, cancelling.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { CancelledError, Host, Message, NotFoundError, ServiceError, Status, TimeoutError } from "pintle";

import { bytes, fixture, line, plugin, text } from "./support.mjs";

const ECHO = 0x1000_0001;
const [FAST, SLOW, FAIL] = [1, 2, 3];
const BUSY = 0x42;
const [COUNT, WAIT] = [1, 2];

let host;
let session;
let lines;
beforeEach(() => {
  lines = [];
  host = new Host({ queue: 4, limits: { messages: 32 }, log: (line) => lines.push(line) });
  host.load(plugin("echo"));
  host.load(fixture("busy"));
  session = host.open().createSession();
});
afterEach(() => host.close());

test("a fast and a slow request are answered", async () => {
  assert.deepEqual((await session.call(ECHO, FAST, bytes("fast"))).map(text), ["fast"]);
  assert.deepEqual((await session.call(ECHO, SLOW, bytes("slow"))).map(text), ["slow"]);
});

test("a request can be asked with a message, which is handed over", async () => {
  const message = host.message(bytes("handed"));
  const request = session.request(ECHO, FAST, message);
  assert.equal(message.closed, true);
  assert.deepEqual((await request.wait()).map(text), ["handed"]);
  assert.equal(request.done, true);
  assert.equal(request.status, Status.OK);
});

test("a service that nobody offers is an error at once", async () => {
  assert.throws(() => session.request(99, 1), NotFoundError);
  await assert.rejects(session.call(99, 1), NotFoundError);
});

test("an exception of a service has its code and its text", async () => {
  await assert.rejects(session.call(ECHO, FAIL, bytes("it does not like this")), (error) => {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.name, "ServiceError");
    assert.equal(error.code, 10_001);
    assert.equal(error.origin, "plugin");
    assert.equal(error.status, "");
    assert.equal(error.plugin, undefined);
    assert.equal(error.message, "it does not like this");
    return true;
  });
  await assert.rejects(session.call(ECHO, 9), (error) => {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.status, "E_NOT_FOUND");
    assert.match(error.message, /echo has no request 9/);
    return true;
  });
});

test("results are iterated in their order, more than fit into the queue", async () => {
  let count = 0;
  for await (const result of session.request(BUSY, COUNT, bytes("20"))) {
    assert.ok(result instanceof Message);
    assert.equal(text(result.bytes), String(count));
    count += 1;
  }
  assert.equal(count, 20);
  assert.equal((await session.call(BUSY, COUNT, bytes("20"))).length, 20);
});

/** A request that runs in the plugin until it is cancelled. */
async function running() {
  const request = session.request(BUSY, WAIT);
  const { value } = await request[Symbol.asyncIterator]().next();
  assert.equal(text(value.bytes), "running");
  return request;
}

test("a signal cancels the request in the plugin", async () => {
  const controller = new AbortController();
  const waits = (await running()).wait({ signal: controller.signal });
  controller.abort();
  await assert.rejects(waits, { name: "AbortError" });
  await line(lines, "saw that it is cancelled");
});

test("a time that is over cancels the request in the plugin", async () => {
  await assert.rejects((await running()).wait({ timeout: 1 }), TimeoutError);
  await line(lines, "saw that it is cancelled");
});

test("a request that still waits is cancelled before it runs", async () => {
  await running();
  const controller = new AbortController();
  const waits = session.call(ECHO, SLOW, bytes("late"), { signal: controller.signal });
  controller.abort("no need");
  await assert.rejects(waits, (reason) => reason === "no need");
});

test("cancelling ends an iteration with a CancelledError", async () => {
  const request = session.request(BUSY, WAIT);
  const seen = [];
  await assert.rejects(async () => {
    for await (const result of request) {
      seen.push(text(result.bytes));
      request.cancel();
    }
  }, CancelledError);
  assert.deepEqual(seen, ["running"]);
  assert.equal(request.status, Status.E_CANCELLED);
  request.cancel();
  await line(lines, "saw that it is cancelled");
});

test("a signal that is aborted already asks nothing", async () => {
  await assert.rejects(session.call(BUSY, WAIT, bytes(""), { signal: AbortSignal.abort() }), {
    name: "AbortError",
  });
  assert.deepEqual((await session.call(ECHO, FAST, bytes("free"))).map(text), ["free"]);
});

// docs/flow.md 16.10
test("the end of a session cancels its requests", async () => {
  const waits = (await running()).wait();
  session.close();
  await assert.rejects(waits, CancelledError);
  await line(lines, "saw that it is cancelled");
});

test("the loop goes on while a slow request is awaited", async () => {
  const controller = new AbortController();
  const waits = session.call(BUSY, WAIT, bytes(""), { signal: controller.signal });
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  const other = host.open().createSession();
  assert.deepEqual((await other.call(ECHO, FAST, bytes("meanwhile"))).map(text), ["meanwhile"]);
  assert.deepEqual((await other.call(ECHO, SLOW, bytes("beside"))).map(text), ["beside"]);
  controller.abort();
  await assert.rejects(waits);
});

test("slow requests run in the loop where there are no workers", async () => {
  const alone = new Host({ limits: { workers: 0 } });
  alone.load(plugin("echo"));
  const asker = alone.open().createSession();
  assert.deepEqual((await asker.call(ECHO, SLOW, bytes("slow"))).map(text), ["slow"]);
  await alone.close();
});
