"use strict";
// What is measured, and what each peer says for it: the statements that are timed.

// What the package may cost, in times of the C addon. A budget is part of the design: loosening one is a decision, not a
// repair.
const MOST = 1.2;
// What others must cost at least, in times of the package.
const INTS = { koffi: 1.2, plain: 4 };
const BUFFERS = { koffi: 1.8, plain: 4 };

module.exports = [
  {
    name: "nothing",
    alone: "nothing",
    functions: "nothing()",
    methods: "session.nothing()",
    koffi: "nothing()",
  },
  {
    name: "client id of a session: a number out",
    alone: "client_id",
    most: MOST,
    least: INTS,
    functions: "clientId(session)",
    methods: "session.clientId()",
    pintle: "session.clientId",
    koffi: "clientId(session)",
    plain: "clientId(session)",
  },
  {
    name: "mode of a channel: a number in, a number out",
    alone: "channel_mode",
    most: MOST,
    least: INTS,
    functions: "channelMode(session, 0)",
    methods: "session.channelMode(0)",
    pintle: "session.channelMode(0)",
    koffi: "channelMode(session, 0)",
    plain: "channelMode(session, 0)",
  },
  {
    name: "send, a Buffer of 64 bytes",
    alone: "send",
    most: MOST,
    least: BUFFERS,
    functions: "send(session, data)",
    methods: "session.send(data)",
    pintle: "session.send(data)",
    koffi: "send(session, 0, data, 64)",
    plain: "send(session, data)",
  },
  {
    name: "length of a message",
    alone: "length",
    most: MOST,
    least: INTS,
    functions: "length(message)",
    methods: "message.length()",
    pintle: "message.length",
    koffi: "length(message)",
    plain: "length(message)",
  },
  {
    name: "bytes of a message, 64 out",
    alone: "read",
    most: MOST,
    functions: "const bytes = Buffer.allocUnsafe(64); read(message, bytes)",
    methods: "const bytes = Buffer.allocUnsafe(64); message.read(bytes)",
    pintle: "const bytes = message.bytes",
    koffi: "const bytes = Buffer.allocUnsafe(64); read(message, bytes, 64)",
  },
  {
    name: "a message through a queue: sent, taken, read, closed",
    alone: "queue",
    functions: "send(own, data); const taken = take(own); read(taken, Buffer.allocUnsafe(64)); release(taken)",
    pintle: "own.send(data); const taken = own.take(); const bytes = taken.bytes; taken.close()",
    koffi: "send(own, 0, data, 64); const taken = take(own); read(taken, Buffer.allocUnsafe(64), 64); release(taken)",
  },
  {
    name: "request and its result, 64 bytes each, awaited",
    alone: "call",
    most: MOST,
    functions: "await call(own, 7, 1, data)",
    methods: "await own.call(7, 1, data)",
    pintle: "await own.call(7, 1, data)",
    koffi: "const n = call(own, 7, 1, data, 64, out); await [new Uint8Array(view(out[0], n)).slice()]",
  },
];
