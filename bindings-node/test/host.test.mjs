// Hosts: limits, loading, unloading, ending.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as pintle from "pintle";
import { Host } from "pintle";

import { bytes, fixture, plugin, withHost } from "./support.mjs";

test("limits that are given are in force, others have their defaults", async () => {
  const host = new Host({ limits: { sessions: 3, workers: pintle.NO_WORKERS } });
  assert.equal(host.limits.sessions, 3);
  assert.equal(host.limits.workers, pintle.NO_WORKERS);
  assert.equal(host.limits.messageBytes, 2048);
  await host.close();
});

test("a limit that is no number, or no limit, is refused by name", () => {
  assert.throws(() => new Host({ limits: { sessions: "many" } }), (error) => {
    assert.ok(error instanceof pintle.ArgumentError);
    assert.match(error.message, /limits\.sessions/);
    return true;
  });
  assert.throws(() => new Host({ limits: { sesions: 3 } }), /there is no limit "sesions"/);
});

test("a plugin in each language loads, and its descriptor is read", async () => {
  await withHost(async (host) => {
    const loaded = [
      host.load(plugin("stats")),
      host.load(plugin("shout"), { config: "channels=0" }),
      host.load(plugin("echo"), { instance: "first", priority: -5 }),
      host.load(plugin("websocket")),
    ];
    assert.deepEqual(host.plugins, loaded);
    assert.deepEqual(
      loaded.map(({ name }) => name),
      ["org.pintle.stats", "org.pintle.shout", "first", "org.pintle.websocket"],
    );
    assert.equal(loaded[2].descriptor.id, "org.pintle.echo");
    assert.deepEqual(loaded[2].descriptor.services, [0x1000_0001]);
    assert.equal(typeof loaded[2].descriptor.fingerprint, "bigint");
    assert.equal(loaded[2].path, plugin("echo"));
  });
});

test("a file that is not a plugin says which file, why, and what to do", () => {
  const host = new Host();
  assert.throws(() => host.load("/nowhere/none.so"), (error) => {
    assert.ok(error instanceof pintle.LoadError);
    assert.equal(error.status, "E_NO_FILE");
    assert.equal(error.code, pintle.Status.E_NO_FILE);
    assert.equal(error.origin, "host");
    assert.equal(error.path, "/nowhere/none.so");
    assert.match(error.message, /there is no such file \(.*none\.so\)\. Check the path/);
    return true;
  });
  host[Symbol.dispose]();
});

test("a plugin that refuses its configuration is named with its own words", () => {
  const host = new Host();
  assert.throws(() => host.load(plugin("shout"), { instance: "loud" }), (error) => {
    assert.ok(error instanceof pintle.PintleError);
    assert.equal(error.plugin, "loud");
    assert.match(error.message, /channels/);
    return true;
  });
  host[Symbol.dispose]();
});

test("unloading gives a receipt", async () => {
  await withHost(async (host) => {
    const stats = host.load(plugin("stats"), { instance: "s" });
    assert.equal(stats.receipt.outcome, "live");
    assert.equal(stats.closed, false);
    const [receipt, same] = await Promise.all([stats.unload(), host.unload(stats)]);
    assert.equal(same, receipt);
    assert.equal(receipt.outcome, "stopped");
    assert.equal(receipt.clean, true);
    assert.deepEqual(receipt.left, {});
    assert.match(String(receipt), /^stopped after \d+ calls; left nothing behind/);
    await assert.rejects(stats.unload(), pintle.ClosedError);
    assert.equal(stats.receipt, receipt);
    assert.equal(stats.closed, true);
    assert.deepEqual(host.plugins, []);
    assert.deepEqual(host.receipts, [["s", receipt]]);
  });
});

test("a plugin that does not stop in its time is forced", async () => {
  await withHost(async (host) => {
    const busy = host.load(fixture("busy"), { config: "refuse" });
    const receipt = await busy.unload({ timeout: 20 });
    assert.equal(receipt.outcome, "forced");
    assert.equal(receipt.clean, false);
  });
});

test("close ends the plugins, the last one first, and can be called again", async () => {
  const host = new Host();
  host.load(plugin("stats"));
  host.load(plugin("echo"));
  const receipts = await host.close();
  assert.equal(receipts.length, 2);
  assert.deepEqual(host.receipts.map(([name]) => name), ["org.pintle.echo", "org.pintle.stats"]);
  assert.equal(host.closed, true);
  assert.equal(await host.close(), receipts);
  host[Symbol.dispose]();
});

test("a host ends at once when it is disposed of", () => {
  const host = new Host();
  host.load(plugin("stats"), { instance: "s" });
  host[Symbol.dispose]();
  assert.equal(host.closed, true);
  assert.deepEqual(host.receipts.map(([name]) => name), ["s"]);
  host[Symbol.dispose]();
});

test("a host can be disposed of while an unload is under way", async () => {
  const host = new Host();
  const ending = host.load(fixture("busy"), { config: "refuse" }).unload({ timeout: 20 });
  host[Symbol.dispose]();
  assert.equal((await ending).outcome, "forced");
  assert.equal(host.receipts.length, 1);
});

test("whatever is used after its host was closed says so", async () => {
  const host = new Host();
  const stats = host.load(plugin("stats"));
  const socket = host.open();
  const session = socket.createSession();
  const { send } = session;
  const message = host.message(bytes("x"));
  const waits = session.next();
  await host.close();
  const uses = [
    () => host.load(plugin("stats")),
    () => host.open(),
    () => host.limits,
    () => host.plugins,
    () => host.message(),
    () => host.timer(1, () => {}),
    () => host.submit(() => {}),
    () => socket.createSession(),
    () => socket.listen("ws://127.0.0.1:0"),
    () => session.send(bytes("x")),
    () => send(bytes("x")),
    () => session.receive(bytes("x")),
    () => session.request(1, 1),
    () => session.take(),
    () => session.clientId,
    () => message.bytes,
    () => message.view,
    () => message.length,
    () => message.write(bytes("x")),
  ];
  for (const use of uses) {
    assert.throws(use, (error) => {
      assert.ok(error instanceof pintle.ClosedError, `${use}: ${error}`);
      assert.equal(error.code, pintle.Status.E_CLOSED);
      return true;
    });
  }
  await assert.rejects(waits, pintle.ClosedError);
  await assert.rejects(session.next(), pintle.ClosedError);
  // Closing is always fine.
  for (const object of [message, session, socket, host]) object[Symbol.dispose]();
  assert.equal(session.closed && socket.closed && message.closed && stats.closed, true);
});

test("a plugin that is in the process already is loaded by the address of its entry", async () => {
  const file = fixture("busy");
  await withHost(async (first) => {
    first.load(file);
    const [base] = readFileSync("/proc/self/maps", "utf8").split("\n").find((line) => line.endsWith(file)).split("-");
    const symbols = execFileSync("nm", ["--dynamic", "--defined-only", file], { encoding: "utf8" });
    const [, offset] = /^([0-9a-f]+) \w pintle_entry$/m.exec(symbols);
    await withHost(async (second) => {
      const loaded = second.loadStatic(BigInt(`0x${base}`) + BigInt(`0x${offset}`), { instance: "in place" });
      assert.equal(loaded.path, undefined);
      assert.equal(loaded.descriptor.name, "busy");
      const receipt = await loaded.unload();
      assert.equal(receipt.outcome, "stopped");
      assert.equal(receipt.image, "static");
      assert.throws(() => second.loadStatic(0n), /NULL/);
      assert.throws(() => second.loadStatic(5), pintle.ArgumentError);
    });
  });
});

test("inspecting runs nothing and says what would become of a file", () => {
  const loads = Host.inspect(plugin("stats"));
  assert.equal(loads.verdict, "loads");
  assert.equal(loads.descriptor.name, "stats");
  assert.equal(loads.descriptor.abiMajor, 1);
  assert.ok(loads.report.exports.includes("pintle_entry"));
  assert.deepEqual(loads.descriptor.settings, []);
  const { settings } = pintle.inspect(plugin("websocket")).descriptor;
  assert.deepEqual(settings[0], {
    name: "max_connections",
    type: "int",
    least: 1,
    most: 1 << 20,
    required: false,
    default: 1000,
    description: "Connections that are open at a time",
  });
  const resident = pintle.inspect(plugin("echo"));
  assert.equal(resident.verdict, "resident");
  assert.ok(resident.reasons[0].cure.length > 0);
  const refused = pintle.inspect("/nowhere");
  assert.equal(refused.verdict, "refused");
  assert.equal(refused.code, pintle.Status.E_NO_FILE);
  assert.equal(refused.descriptor, null);
});

test("closed hosts give their places back: a process can have 1,023 at a time", async () => {
  for (let round = 0; round < 11; round++) {
    const hosts = Array.from({ length: 100 }, () => new Host());
    await Promise.all(hosts.map((host) => host.close()));
  }
});
