// Ends of the process: exit code 0, no crash, no hang, whatever lives.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fixture, plugin, run } from "./support.mjs";

const SETUP = `
  import { Host } from "pintle";
  const [, stats, busy, websocket] = process.argv;
  const lines = [];
  const host = new Host({ log: (line) => console.log(line.text) });
  host.load(stats);
  host.load(busy);
  host.load(websocket);
  const socket = host.open();
  socket.listen("ws://127.0.0.1:0");
  const session = socket.createSession();
  session.send(Buffer.from("x"));
  const message = session.take();
  const view = message.view;
  const iterating = (async () => { for await (const message of session); })();
  iterating.catch(() => {});
`;

const ENDS = {
  "process.exit() with everything live": "process.exit(0);",
  "process.exit() while a slow request runs": `
    for await (const running of session.request(0x42, 2)) process.exit(0);`,
  "process.exit() while a slow request runs that cannot be cancelled": `
    for await (const running of session.request(0x42, 3)) process.exit(0);`,
  "process.exit() from a callback": `
    const application = { sessionSend() { process.exit(0); } };
    new Host({ application }).open().createSession().send(Buffer.from("x"));`,
  "process.exit() from a timer of the host": "host.timer(1, () => process.exit(0));",
  "the end of the program with a host that was unref'd": "host.unref();",
  "process.exit() while the host closes": "host.close(); process.exit(0);",
  "process.exit() after the host was closed": "await host.close(); process.exit(0);",
  "an exit whose listener uses what is closed": `
    process.on("exit", () => { try { session.send(view); } catch (error) { if (error.name !== "ClosedError") process.exitCode = 3; } });
    process.exit(0);`,
};

for (const [what, source] of Object.entries(ENDS)) {
  test(what, async () => {
    const args = [plugin("stats"), fixture("busy"), plugin("websocket")];
    const { code, signal, stderr } = await run(SETUP + source, { args });
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, stderr);
    assert.doesNotMatch(stderr, /Error|panicked/);
  });
}

test("plugins are stopped when the process exits", async () => {
  const args = [plugin("stats"), fixture("busy"), plugin("websocket")];
  const { stdout } = await run(`${SETUP} process.exit(0);`, { args });
  assert.match(stdout, /Stats: sent 1 messages/);
});
