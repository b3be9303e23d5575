// worker_threads: each environment has hosts of its own, and may end at any time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

import { Host } from "pintle";

import { bytes, fixture, plugin, run, text } from "./support.mjs";

const args = [plugin("stats"), plugin("echo"), fixture("busy")];

/** A worker that runs a program, with `Host`, the plugins' files and `parent` at hand. */
function worker(source) {
  const program = `
    const { Host } = require("pintle");
    const { parentPort: parent, workerData: [stats, echo, busy] } = require("node:worker_threads");
    (async () => { ${source} })().catch((error) => { setImmediate(() => { throw error; }); });
  `;
  const worker = new Worker(program, { eval: true, workerData: args });
  const messages = [];
  worker.on("message", (message) => messages.push(message));
  const ended = new Promise((resolve, reject) => {
    worker.on("error", reject);
    worker.on("exit", (code) => resolve({ code, messages }));
  });
  const message = () => new Promise((resolve) => worker.once("message", resolve));
  return { worker, ended, message };
}

test("several environments drive hosts at once", async () => {
  const source = `
    for (let round = 0; round < 10; round += 1) {
      const host = new Host();
      host.load(echo);
      const session = host.open().createSession();
      for (let each = 0; each < 20; each += 1) {
        const [answer] = await session.call(0x10000001, 1 + each % 2, Buffer.from(String(each)));
        if (answer.toString() !== String(each)) throw new Error(answer.toString());
      }
      await host.close();
    }
    parent.postMessage("done");
  `;
  const workers = Array.from({ length: 4 }, () => worker(source));
  const host = new Host();
  host.load(plugin("echo"));
  const session = host.open().createSession();
  for (let each = 0; each < 50; each += 1) {
    assert.deepEqual((await session.call(0x1000_0001, 2, bytes("here"))).map(text), ["here"]);
  }
  for (const { ended } of workers) assert.deepEqual(await ended, { code: 0, messages: ["done"] });
  await host.close();
});

const LIVE = `
  globalThis.host = new Host({ log: () => {} });
  host.load(stats);
  host.load(busy);
  globalThis.session = host.open().createSession();
  session.send(Buffer.from("x"));
  globalThis.view = session.take().view;
  globalThis.request = session.request(0x42, 2);
`;

test("a worker is terminated with everything live", async () => {
  for (let round = 0; round < 5; round += 1) {
    const { worker: one, ended, message } = worker(`${LIVE} host.ref(); parent.postMessage("live");`);
    await message();
    await one.terminate();
    assert.equal((await ended).code, 1);
  }
});

test("a worker is terminated while it waits, or is busy in a callback", async () => {
  for (const source of [
    "parent.postMessage('live'); for await (const result of request);",
    "parent.postMessage('live'); await session.next();",
    "host.ref(); host.timer(0, () => { parent.postMessage('live'); for (;;); });",
    `const spinning = new Host({ application: { sessionSend() { parent.postMessage("live"); for (;;); } } });
     spinning.open().createSession().send(Buffer.from("x"));`,
    "parent.postMessage('live'); const again = () => host.submit(again); again(); host.ref();",
    "parent.postMessage('live'); host.close(); for (;;);",
  ]) {
    const { worker: one, ended, message } = worker(`${LIVE} ${source}`);
    await message();
    await one.terminate();
    assert.equal((await ended).code, 1, source);
  }
});

test("a worker ends by itself, or with process.exit(), with everything live", async () => {
  assert.equal((await worker(`${LIVE} host.unref();`).ended).code, 0);
  assert.equal((await worker(`${LIVE} process.exit(0);`).ended).code, 0);
  assert.equal((await worker(`${LIVE} for await (const running of request) process.exit(7);`).ended).code, 7);
});

test("the process exits while workers have hosts", async () => {
  const source = `
    import { Host } from "pintle";
    import { Worker } from "node:worker_threads";
    const [, busy] = process.argv;
    const program = \`
      import { Host } from "pintle";
      import { parentPort, workerData } from "node:worker_threads";
      const host = new Host();
      host.load(workerData);
      const request = host.open().createSession().request(0x42, 2);
      for await (const running of request) parentPort.postMessage("running");
    \`;
    const workers = [1, 2].map(() => new Worker(program, { eval: true, workerData: busy }));
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
    process.exit(0);
  `;
  const { code, signal, stderr } = await run(source, { args: [fixture("busy")] });
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
});
