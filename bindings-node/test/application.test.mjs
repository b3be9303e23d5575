// The program as plugin zero: its callbacks, and what they throw.
import assert from "node:assert/strict";
import { test } from "node:test";

import { AgainError, ClosedError, Host, PintleError, ReentrantError, Status, UnsupportedError } from "pintle";

import { bytes, fixture, plugin, run, shared, text, withHost } from "./support.mjs";

test("callbacks are told with the very objects that the program has", async () => {
  const told = [];
  const application = {
    messageIn(session, channel, message) {
      told.push(["in", session, channel, text(message.bytes)]);
    },
    sessionSend(session, channel, message) {
      told.push(["send", session, channel, text(message.bytes)]);
    },
    sessionDisconnect(session) {
      told.push(["disconnect", session]);
    },
    sessionDestroyed(session) {
      told.push(["destroyed", session]);
    },
    messageOut(session, channel, message) {
      told.push(["out", session, channel, message.length]);
    },
  };
  await withHost(
    (host) => {
      const session = host.open().createSession();
      session.receive(bytes("ho"));
      session.send(bytes("hi"));
      session.disconnect();
      session.close();
      assert.deepEqual(told, [
        ["in", session, 0, "ho"],
        ["send", session, 0, "hi"],
        ["disconnect", session],
        ["destroyed", session],
      ]);
      assert.equal(told[0][1], session);
    },
    { application },
  );
});

test("what is thrown while room is made loses no message", async () => {
  const thrown = new Error("not yet");
  const application = {
    sessionDisconnect() {
      throw thrown;
    },
  };
  await withHost(
    (host) => {
      host.load(fixture("nudger"));
      const session = host.open().createSession();
      session.send(bytes("first"));
      assert.throws(() => session.send(bytes("second")), AgainError);
      assert.throws(
        () => session.take(),
        (error) => error === thrown,
      );
      const message = session.take();
      assert.equal(text(message.bytes), "first");
      message.close();
    },
    { application, queue: 1 },
  );
});

/** Runs a function with a session whose peer asks a service whatever is sent to it, and with what its plugin says. */
async function asking(application, run) {
  const said = [];
  await withHost(
    (host) => {
      host.load(plugin("echo"));
      host.load(shared("asker/asker.c"), { instance: "asker" });
      const socket = host.open();
      socket.listen("ask://here");
      run(host.sessions[0], said);
      socket.close();
    },
    { application, log: ({ plugin, text }) => plugin === "asker" && said.push(text) },
  );
}

const CHANNEL_SERVICE = 0xffffffff;
const ASKED = { service: 0x10000001, id: 1, flags: 0, correlation: 77n };

test("a filter is told which request it sees, and its answer holds", async () => {
  const seen = [];
  let answer;
  const see = (what) => (session, request, message) => {
    assert.equal(message.session, session);
    assert.equal(message.channel, CHANNEL_SERVICE);
    seen.push([what, request, text(message.bytes)]);
    return what === "result" ? answer : undefined;
  };
  const application = { requestIn: see("request"), resultOut: see("result") };
  await asking(application, (session, said) => {
    session.send(bytes("why"));
    const both = [
      ["request", ASKED, "why"],
      ["result", ASKED, "why"],
    ];
    assert.deepEqual(seen, both);
    answer = Status.CONSUMED;
    session.send(bytes("what"));
    assert.equal(seen.length, 4);
    assert.deepEqual(said, ["why"]);
  });
});

test("requests and results pass as messages where they have no callbacks of their own", async () => {
  const seen = [];
  const see = (what) => (session, channel, message) => void seen.push([what, channel, text(message.bytes)]);
  const messages = { messageIn: see("in"), messageOut: see("out") };
  await asking(messages, (session) => {
    session.send(bytes("why"));
    assert.deepEqual(seen.splice(0), [
      ["out", 0, "why"],
      ["in", CHANNEL_SERVICE, "why"],
      ["out", CHANNEL_SERVICE, "why"],
    ]);
  });
  const all = { ...messages, requestIn: () => void seen.push("request"), resultOut: () => void seen.push("result") };
  await asking(all, (session) => {
    session.send(bytes("why"));
    session.receive(bytes("news"));
    assert.deepEqual(seen, [["out", 0, "why"], "request", "result", ["in", 0, "news"]]);
  });
});

test("what a callback answers is the sender's status", async () => {
  let answer;
  await withHost(
    (host) => {
      const session = host.open().createSession();
      session.send(bytes("done"));
      answer = Status.OK;
      session.send(bytes("done"));
      answer = Status.CONSUMED;
      session.send(bytes("taken"));
      answer = Status.E_UNSUPPORTED;
      assert.throws(() => session.send(bytes("refused")), UnsupportedError);
      answer = 12_345;
      assert.throws(() => session.send(bytes("refused")), { code: 12_345, name: "PluginError" });
      answer = Status.E_AGAIN;
      assert.throws(() => session.send(bytes("later")), AgainError);
    },
    { application: { sessionSend: () => answer } },
  );
});

test("a message lives until its callback returns, unless it is retained", async () => {
  const seen = [];
  const application = {
    sessionSend(session, channel, message) {
      seen.push({ message, view: message.view });
      if (seen.length === 2) message.retain();
    },
  };
  await withHost(
    (host) => {
      const session = host.open().createSession();
      for (const word of ["one", "two", "three"]) session.send(bytes(word));
      assert.deepEqual(seen.map(({ message }) => message.closed), [true, false, true]);
      assert.deepEqual(seen.map(({ view }) => view.length), [0, 3, 0]);
      assert.equal(text(seen[1].view), "two");
      assert.throws(() => seen[0].message.bytes, ClosedError);
      seen[1].message.close();
    },
    { application },
  );
});

test("the very thing that a callback throws reaches whoever called", async () => {
  for (const thrown of [new Error("of the program's own"), { any: "object" }, "a text", 5, null, undefined]) {
    await withHost(
      (host) => {
        const session = host.open().createSession();
        const caught = catching(() => session.send(bytes("x")));
        assert.equal(caught.value, thrown);
        // Nothing is left of it: the next one is its own.
        assert.equal(catching(() => session.send(bytes("x"))).value, thrown);
      },
      {
        application: {
          sessionSend() {
            throw thrown;
          },
        },
      },
    );
  }
});

test("what passes through calls that nest can be caught on the way", async () => {
  const error = new Error("inner");
  let inner;
  let caught;
  const application = {
    sessionSend(session) {
      if (session === inner) throw error;
      caught = catching(() => inner.send(bytes("in"))).value;
    },
  };
  await withHost(
    (host) => {
      const socket = host.open();
      const outer = socket.createSession();
      inner = socket.createSession();
      outer.send(bytes("out"));
      assert.equal(caught, error);
    },
    { application },
  );
});

test("what a callback throws leaks no message", async () => {
  await withHost(
    (host) => {
      const session = host.open().createSession();
      for (let round = 0; round < 3 * host.limits.messages; round += 1) {
        assert.throws(() => session.send(bytes("x")), /again/);
      }
    },
    {
      application: {
        sessionSend() {
          throw new Error("again");
        },
      },
      limits: { messages: 8 },
    },
  );
});

test("what a callback throws while the host ends is told, and it ends all the same", async () => {
  for (const end of [(host) => host.close(), async (host) => host[Symbol.dispose]()]) {
    const error = new Error("at the end");
    const application = {
      socketDetached() {
        throw error;
      },
    };
    const host = new Host({ application });
    host.load(plugin("stats"));
    host.load(plugin("websocket"));
    host.open().listen("ws://127.0.0.1:0");
    await assert.rejects(end(host), (thrown) => thrown === error);
    assert.equal(host.closed, true);
    assert.deepEqual(
      host.receipts.map(([, { outcome }]) => outcome),
      ["stopped", "stopped"],
    );
  }
});

test("what the log throws reaches whoever called", async () => {
  const error = new Error("no room for lines");
  const log = () => {
    throw error;
  };
  const host = new Host({ log });
  const stats = host.load(plugin("stats"));
  await assert.rejects(stats.unload(), (thrown) => thrown === error);
  assert.equal(stats.receipt.outcome, "stopped");
  await host.close();
});

test("what a callback throws in the loop is an uncaught exception", async () => {
  const { code, stderr } = await run(`
    import { Host } from "pintle";
    const host = new Host();
    host.ref();
    host.timer(1, () => { throw new Error("nobody called"); });
  `);
  assert.equal(code, 1);
  assert.match(stderr, /Error: nobody called/);
});

test("a host that goes on after an uncaught exception is whole", async () => {
  const { code, stdout } = await run(`
    import { Host } from "pintle";
    process.on("uncaughtException", (error) => console.log("caught", error.message));
    const host = new Host();
    host.ref();
    host.timer(1, () => { throw new Error("one"); });
    host.timer(2, async () => { await host.close(); console.log("closed"); });
  `);
  assert.equal(stdout, "caught one\nclosed\n");
  assert.equal(code, 0);
});

test("a host cannot be disposed of from inside its callback, and closes after it", async () => {
  let host;
  let closing;
  let view;
  const application = {
    sessionSend() {
      assert.throws(() => host[Symbol.dispose](), (error) => {
        assert.ok(error instanceof ReentrantError);
        assert.match(error.message, /let close\(\) end it afterwards/);
        return true;
      });
      closing = host.close();
      assert.equal(host.closed, false);
      assert.equal(text(view), "whole");
    },
  };
  host = new Host({ application });
  host.load(plugin("stats"));
  view = host.message(bytes("whole")).view;
  host.open().createSession().send(bytes("x"));
  assert.equal(host.closed, false);
  assert.equal((await closing).length, 1);
  assert.equal(host.closed, true);
});

test("a plugin can be unloaded from inside a callback", async () => {
  let unloading;
  let stats;
  const application = {
    messageOut() {
      unloading ??= stats.unload();
    },
  };
  await withHost(
    async (host) => {
      stats = host.load(plugin("stats"));
      host.load(plugin("websocket"));
      host.open().createSession().send(bytes("x"));
      unloading ??= stats.unload();
      assert.equal((await unloading).outcome, "stopped");
    },
    { application },
  );
});

test("microtasks of a callback run before the loop goes on", async () => {
  await withHost(async (host) => {
    const order = [];
    await new Promise((resolve) => {
      host.ref().timer(1, () => {
        Promise.resolve().then(() => order.push("microtask"));
        process.nextTick(() => order.push("tick"));
        setImmediate(() => {
          order.push("immediate");
          resolve();
        });
      });
    });
    assert.deepEqual(order.toSorted(), ["immediate", "microtask", "tick"]);
    assert.equal(order.at(-1), "immediate");
  });
});

test("an application without callbacks is told nothing, and needs nothing", async () => {
  await withHost(
    (host) => {
      const session = host.open().createSession();
      session.send(bytes("x"));
      assert.equal(text(session.take().bytes), "x");
      assert.throws(() => session.disconnect(), PintleError);
    },
    { application: {} },
  );
});

/** What `call` throws, in a box: it may be undefined. */
function catching(call) {
  try {
    call();
  } catch (value) {
    return { value };
  }
  return assert.fail("nothing was thrown");
}
