"use strict";
// koffi, with handles as numbers: its faster way.

const path = require("node:path");
const koffi = require("koffi");
const { linked } = require("../build.js");

const HANDLES = koffi.struct("bench_handles_t", { session: "uint64_t", own: "uint64_t", message: "uint64_t" });

module.exports = function start(folder, plugins) {
  const library = koffi.load(linked(path.join(folder, "koffi.so")));
  const int64 = (name, ...types) => library.func(name, "int64_t", types);
  const handles = {};
  const started = int64("bench_start", "str", "str", koffi.out(koffi.pointer(HANDLES)))(...plugins, handles);
  if (started < 0) {
    throw new Error(`the host does not start: status ${-started}`);
  }
  return {
    koffi: {
      ...handles,
      out: new BigUint64Array(1),
      view: koffi.view,
      nothing: int64("bench_nothing"),
      clientId: int64("bench_client_id", "uint64_t"),
      channelMode: int64("bench_channel_mode", "uint64_t", "uint32_t"),
      send: int64("bench_send", "uint64_t", "uint32_t", "const uint8_t *", "size_t"),
      length: int64("bench_length", "uint64_t"),
      read: int64("bench_read", "uint64_t", "void *", "size_t"),
      take: int64("bench_take", "uint64_t"),
      release: int64("bench_release", "uint64_t"),
      call: int64("bench_call", "uint64_t", "uint32_t", "uint32_t", "const uint8_t *", "size_t", "void *"),
    },
  };
};
