// Node's loop: what keeps it alive, timers, tasks, real connections.
import assert from "node:assert/strict";
import { test } from "node:test";

import { AgainError, Host } from "pintle";

import { bytes, fixture, line, plugin, run, text, withHost } from "./support.mjs";

test("timers run after their time, once or again and again", async () => {
  await withHost(async (host) => {
    host.ref();
    const order = [];
    const late = host.timer(20, () => order.push("late"));
    host.timer(2, () => order.push("early"));
    assert.equal(late.closed, false);
    let times = 0;
    const again = await new Promise((resolve) => {
      const timer = host.timer(
        1,
        () => {
          times += 1;
          if (times >= 3 && order.includes("late")) resolve(timer);
        },
        { period: 1 },
      );
    });
    again.cancel();
    assert.equal(late.closed, true);
    assert.deepEqual(order, ["early", "late"]);
    const last = times;
    await new Promise((resolve) => host.timer(5, resolve));
    assert.equal(times, last);
  });
});

test("a cancelled timer never runs", async () => {
  await withHost(async (host) => {
    host.ref();
    const timer = host.timer(0, () => assert.fail("it was cancelled"));
    timer.cancel();
    timer.cancel();
    timer[Symbol.dispose]();
    assert.equal(timer.closed, true);
    await new Promise((resolve) => host.timer(3, resolve));
  });
});

test("tasks run in a later turn, in order, and are bounded", async () => {
  await withHost(
    async (host) => {
      host.ref();
      const order = [];
      for (let task = 0; task < 4; task += 1) host.submit(() => order.push(task));
      assert.throws(() => host.submit(() => {}), AgainError);
      assert.deepEqual(order, []);
      await new Promise((resolve) => host.timer(1, resolve));
      assert.deepEqual(order, [0, 1, 2, 3]);
    },
    { limits: { tasks: 4 } },
  );
});

test("what is no function is refused at once", async () => {
  await withHost((host) => {
    assert.throws(() => host.submit("text"), TypeError);
    assert.throws(() => host.timer(0, undefined), TypeError);
  });
});

test("a task that submits itself again leaves the loop its turns", async () => {
  await withHost(async (host) => {
    host.ref();
    let tasks = 0;
    const again = () => {
      tasks += 1;
      if (tasks < 10_000) host.submit(again);
    };
    host.submit(again);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.ok(tasks > 0 && tasks < 10_000, `${tasks} tasks in 20 turns`);
    tasks = 10_000;
  });
});

const KEEPING = {
  "nothing that is awaited": ["", true],
  "a timer of the host": ["host.timer(1e6, () => {});", true],
  "an open socket": ["host.open();", true],
  "a session": ["host.open().createSession();", true],
  "a host that was unref'd": ["host.load(websocket); host.open().listen('ws://127.0.0.1:0'); host.unref();", true],
  "a socket that was stopped": [
    "host.load(websocket); const s = host.open(); s.listen('ws://127.0.0.1:0'); s.stop();",
    true,
  ],
  "a connection that nobody took": [
    "host.load(websocket); host.open().connect('ws://127.0.0.1:1');",
    true,
  ],
  "a wait that was given up": [
    "const a = new AbortController(); host.open().createSession().next({ signal: a.signal }).catch(() => {}); a.abort();",
    true,
  ],
  "a host that was ref'd": ["host.ref();", false],
  "a socket that listens": ["host.load(websocket); host.open().listen('ws://127.0.0.1:0');", false],
  "a message that is awaited": ["host.open().createSession().next();", false],
  "a request that is awaited": ["host.load(busy); host.open().createSession().call(0x42, 2);", false],
};

for (const [what, [source, ends]] of Object.entries(KEEPING)) {
  test(`the process ${ends ? "ends with" : "stays alive for"} ${what}`, async () => {
    const { code, stdout, stderr } = await run(
      `
      import { Host } from "pintle";
      const [, websocket, busy] = process.argv;
      const host = new Host({ log: () => {} });
      process.on("exit", () => console.log("ended by itself"));
      // Does not keep the process alive, so it is only reached if something else does.
      setTimeout(() => { console.log("alive"); process.reallyExit(0); }, 300).unref();
      ${source}
    `,
      { args: [plugin("websocket"), fixture("busy")] },
    );
    assert.equal(stdout, ends ? "ended by itself\n" : "alive\n", stderr);
    assert.equal(code, 0);
  });
}

test("a server and a client talk through real connections", async () => {
  const server = new Host();
  const client = new Host();
  server.load(plugin("websocket"));
  server.load(plugin("echo"));
  client.load(plugin("websocket"));
  const listening = server.open();
  listening.listen("ws://127.0.0.1:0/chat");
  assert.equal(listening.state, "listening");
  assert.match(listening.address, /^ws:\/\/127\.0\.0\.1:\d+\/chat$/);
  const connecting = client.open();
  connecting.connect(listening.address, bytes("token"));
  while (client.sessions.length === 0 || server.sessions.length === 0) await new Promise(setImmediate);
  const [here] = client.sessions;
  const [there] = server.sessions;
  assert.equal(here.own, false);
  assert.throws(() => here.request(1, 1), { name: "NotOwnerError" });
  assert.match(there.address, /^127\.0\.0\.1:\d+$/);
  const echoed = (async () => {
    for await (const message of there) there.send(message);
  })();
  for (const word of ["one", "two", "three"]) {
    here.send(bytes(word));
    assert.equal(text((await here.next()).bytes), word);
  }
  here.disconnect();
  await assert.rejects(here.next(), { name: "ClosedError" });
  await echoed;
  assert.equal(there.closed, true);
  listening.stop();
  assert.equal(listening.state, "stopped");
  listening.close();
  assert.equal(listening.state, "closed");
  const receipts = [...(await client.close()), ...(await server.close())];
  assert.deepEqual(receipts.map(({ clean }) => clean), [true, true, true]);
});

test("a reader that is slow slows its peer down, and nothing is lost", async () => {
  const total = 2000;
  const server = new Host({ queue: 4 });
  const client = new Host();
  server.load(plugin("websocket"));
  client.load(plugin("websocket"), { config: "high_water=65536" });
  const listening = server.open();
  listening.listen("ws://127.0.0.1:0");
  client.open().connect(listening.address);
  while (client.sessions.length === 0 || server.sessions.length === 0) await new Promise(setImmediate);
  const payload = Buffer.alloc(1024);
  let sent = 0;
  const fill = () => {
    try {
      for (; sent < total; sent += 1) {
        payload.writeUInt32LE(sent);
        client.sessions[0].send(payload);
      }
    } catch (error) {
      assert.ok(error instanceof AgainError, error);
      setImmediate(fill);
    }
  };
  fill();
  let received = 0;
  for await (const message of server.sessions[0]) {
    assert.equal(Buffer.from(message.view).readUInt32LE(), received);
    received += 1;
    if (received === total) break;
    if (received % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await client.close();
  await server.close();
});

test("lines from a plugin's own thread reach the log, and what is lost is told", async () => {
  const lines = [];
  await withHost(
    async (host) => {
      host.ref();
      host.load(fixture("busy"), { instance: "few", config: "10" });
      await line(lines, "line 9");
      const few = lines.filter(({ plugin }) => plugin === "few");
      assert.deepEqual(few.map(({ text }) => text), Array.from({ length: 10 }, (_, n) => `line ${n}`));
      assert.deepEqual(few[0], { level: "info", plugin: "few", target: "busy", text: "line 0" });
      const many = host.load(fixture("busy"), { instance: "many", config: "5000" });
      // Nobody takes lines while this thread does not come back to its loop.
      host[Symbol.dispose]();
      assert.equal(many.closed, true);
      const came = lines.filter(({ plugin }) => plugin === "many").length;
      const lost = lines.filter(({ text }) => text.includes("lines were lost"));
      const count = lost.reduce((sum, { text }) => sum + Number.parseInt(text, 10), 0);
      assert.equal(came + count, 5000);
    },
    { log: (line) => lines.push(line) },
  );
});
