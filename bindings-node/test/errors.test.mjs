// Statuses and the classes of errors.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import * as pintle from "pintle";
import { Host, PintleError, Status } from "pintle";

import { bytes, include } from "./support.mjs";

test("the statuses are those of the header, all of them", () => {
  const header = readFileSync(path.join(include, "pintle/plugin.h"), "utf8");
  const defined = [...header.matchAll(/^#define PINTLE_((?:E_\w+)|OK|CONSUMED|PENDING) (\d+)$/gm)];
  assert.ok(defined.length > 30);
  assert.deepEqual(Status, Object.fromEntries(defined.map(([, name, code]) => [name, Number(code)])));
  assert.throws(() => (Status.OK = 1), TypeError);
});

/** An error with a code: what a host makes of it when a callback answers with it. */
function errorWith(code) {
  const host = new Host({ application: { sessionSend: () => code } });
  try {
    host.open().createSession().send(bytes("x"));
  } catch (error) {
    return error;
  } finally {
    host[Symbol.dispose]();
  }
  return assert.fail(`${code} is not an error`);
}

const CLASSES = {
  E_ARGUMENT: "ArgumentError",
  E_HANDLE: "HandleError",
  E_KIND: "HandleError",
  E_FOREIGN: "HandleError",
  E_STALE: "StaleError",
  E_STATE: "StateError",
  E_SEALED: "StateError",
  E_EXISTS: "StateError",
  E_WRONG_THREAD: "WrongThreadError",
  E_NOT_OWNER: "NotOwnerError",
  E_REENTRANT: "ReentrantError",
  E_CAPACITY: "CapacityError",
  E_AGAIN: "AgainError",
  E_CLOSED: "ClosedError",
  E_POISONED: "PoisonedError",
  E_NOT_FOUND: "NotFoundError",
  E_UNDERFLOW: "NotFoundError",
  E_UNSUPPORTED: "UnsupportedError",
  E_PERMISSION: "PermissionDeniedError",
  E_CANCELLED: "CancelledError",
  E_TIMEOUT: "TimeoutError",
  E_IO: "IoError",
  E_NO_FILE: "LoadError",
  E_SLOT: "LoadError",
};

for (const [status, name] of Object.entries(CLASSES)) {
  test(`${status} is a ${name}`, () => {
    const error = errorWith(Status[status]);
    assert.ok(error instanceof pintle[name] && error instanceof PintleError && error instanceof Error);
    assert.equal(error.name, name);
    assert.equal(error.status, status);
    assert.equal(error.code, Status[status]);
    assert.equal(error.origin, Status[status] < 1000 ? "kernel" : "host");
    assert.equal(error.plugin, undefined);
    assert.ok(error.message.length > 0);
    assert.ok(error.stack.startsWith(name));
  });
}

test("codes of plugins and dialects are told apart", () => {
  assert.equal(errorWith(2000).origin, "dialect");
  const error = errorWith(10_000);
  assert.equal(error.origin, "plugin");
  assert.ok(error instanceof pintle.PluginError);
  assert.equal(error.status, "");
});
