// Loads, drives and unloads one plugin over and over, and looks at the resident memory: `node --expose-gc test/memory.mjs
// [cycles]`. What ten times as many cycles take must not be more than noise.
import { readFileSync } from "node:fs";

import { Host } from "pintle";

import { collect, plugin } from "./support.mjs";

const cycles = Number(process.argv[2] ?? 10_000);
/** What the collector and the allocator may leave lying about. */
const NOISE = 4 << 20;

async function cycle() {
  const host = new Host({ log: () => {} });
  host.load(plugin("stats"));
  host.load(plugin("echo"));
  const session = host.open().createSession();
  session.send(Buffer.from("there"));
  session.take().close();
  session.receive(Buffer.from("and back"));
  await session.call(0x1000_0001, 1, Buffer.from("fast"));
  await session.call(0x1000_0001, 2, Buffer.from("slow"));
  for (const receipt of await host.close()) {
    if (receipt.outcome !== "stopped") throw new Error(`${receipt}`);
  }
}

async function resident() {
  await collect();
  const [, pages] = readFileSync("/proc/self/statm", "utf8").split(" ");
  return Number(pages) * 4096;
}

const megabytes = (bytes) => `${(bytes / (1 << 20)).toFixed(1)} MiB`;

let before = 0;
for (let done = 1; done <= cycles; done += 1) {
  await cycle();
  if (done === cycles / 10) before = await resident();
}
const grown = (await resident()) - before;
console.log(`resident after ${cycles / 10} cycles: ${megabytes(before)}, after ${cycles}: ${megabytes(before + grown)}`);
if (grown > NOISE) {
  console.error(`it grew by ${megabytes(grown)}`);
  process.exitCode = 1;
}
