// The collector takes things in any order, at any time.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Host } from "pintle";

import { bytes, collect, fixture, plugin, run, text, withHost } from "./support.mjs";

test("messages that were dropped are given back", async () => {
  await withHost(
    async (host) => {
      const session = host.open().createSession();
      for (let round = 0; round < 20; round += 1) {
        for (let each = 0; each < 4; each += 1) {
          host.message(bytes("dropped")).view[0] = 1;
          session.send(bytes("taken"));
          session.take();
        }
        await collect();
        // What finalizers post is closed in a turn.
        await new Promise((resolve) => host.ref().timer(0, resolve));
      }
    },
    { limits: { messages: 16, largeMessages: 1 } },
  );
});

test("a view keeps its message, whatever else is dropped", async () => {
  const view = (() => new Host().message(bytes("kept")).view)();
  await collect();
  assert.equal(text(view), "kept");
});

test("hosts that were dropped are closed", async () => {
  for (let round = 0; round < 40; round += 1) {
    (() => {
      const host = new Host();
      host.load(plugin("stats"));
      const session = host.open().createSession();
      session.send(bytes("x"));
      session.take();
    })();
    await collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

test("a host lives while the program has anything of it", async () => {
  for (const pick of [
    (host) => host.load(plugin("stats")),
    (host) => host.open(),
    (host) => host.open().createSession(),
    (host) => host.message(bytes("x")),
    (host) => host.open().createSession().send,
  ]) {
    const kept = pick(new Host());
    await collect();
    await collect();
    assert.notEqual(kept.closed, true, String(pick));
    if (typeof kept === "function") kept(bytes("x"));
  }
});

test("a host lives while it serves, without the program having anything of it", async () => {
  const { code, stderr } = await run(
    `
    import { Host } from "pintle";
    const [, websocket] = process.argv;
    const address = (() => {
      const host = new Host();
      host.load(websocket);
      const socket = host.open();
      socket.listen("ws://127.0.0.1:0");
      return socket.address;
    })();
    for (let n = 0; n < 4; n += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, 1)); }
    const client = new Host();
    client.load(websocket);
    client.open().connect(address);
    while (client.sessions.length === 0) await new Promise(setImmediate);
    process.exit(0);
  `,
    { args: [plugin("websocket")], nodeArgs: ["--expose-gc"] },
  );
  assert.equal(code, 0, stderr);
});

test("a request that was dropped goes on, and its results are given back", async () => {
  await withHost(
    async (host) => {
      host.load(fixture("busy"));
      for (let round = 0; round < 10; round += 1) {
        const session = host.open().createSession();
        for (let each = 0; each < 8; each += 1) session.request(0x42, 1, bytes("2"));
        await collect();
        session.socket.close();
      }
    },
    { limits: { messages: 24, sockets: 1 } },
  );
});

test("an iteration that was dropped halfway is forgotten", async () => {
  await withHost(async (host) => {
    const session = host.open().createSession();
    await (async () => {
      session.send(bytes("x"));
      await session[Symbol.asyncIterator]().next();
    })();
    await collect();
    session.send(bytes("y"));
    assert.equal(text((await session.next()).bytes), "y");
  });
});

test("everything can be collected at once, closed or not", async () => {
  const { code, stdout, stderr } = await run(
    `
    import { Host } from "pintle";
    const [, stats, busy] = process.argv;
    const collect = async () => { for (let n = 0; n < 4; n += 1) { gc(); await new Promise((r) => setTimeout(r, 1)); } };
    let seed = 7;
    const pick = (list) => list[(seed = (seed * 1103515245 + 12345) % 2147483648) % list.length];
    for (let round = 0; round < 60; round += 1) {
      let host = new Host({ log: () => {} });
      const loaded = [host.load(stats), host.load(busy)];
      const socket = host.open();
      const sessions = [socket.createSession(), socket.createSession()];
      const messages = sessions.map((session) => { session.send(Buffer.from("x")); return session.take(); });
      const views = messages.map((message) => message.view);
      const requests = sessions.map((session) => session.request(0x42, 2));
      const timers = [host.timer(1, () => {}), host.timer(1, () => {}, { period: 1 })];
      let all = [host, ...loaded, socket, ...sessions, ...messages, ...views, ...requests, ...timers];
      for (let step = 0; step < 6; step += 1) {
        const one = pick(all);
        all = all.filter((other) => other !== one);
        pick([() => {}, () => one.close?.(), () => one.cancel?.(), () => one.unload?.()])();
        if (step % 3 === 0) await collect();
      }
      if (pick([true, false])) host[Symbol.dispose]();
      host = undefined;
      await collect();
    }
    console.log("done");
  `,
    { args: [plugin("stats"), fixture("busy")], nodeArgs: ["--expose-gc"] },
  );
  assert.equal(stdout, "done\n", stderr);
  assert.equal(code, 0);
});
