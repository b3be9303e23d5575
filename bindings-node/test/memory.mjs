// Loads, drives and unloads plugins over and over. The resident memory after many cycles must be that after few, but for
// noise: `npm run memory -- [few] [many]`. V8's space for young objects is kept from growing, which it does for a while
// whatever a program does.
import { readFileSync } from "node:fs";

import { Host } from "pintle";

import { collect, plugin } from "./support.mjs";

const [few = 1000, many = 10_000] = process.argv.slice(2).map(Number);
/** What collector and allocator may leave lying about. */
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
for (let done = 1; done <= many; done += 1) {
  await cycle();
  if (done === few) before = await resident();
}
const grown = (await resident()) - before;
console.log(`resident after ${few} cycles: ${megabytes(before)}, after ${many}: ${megabytes(before + grown)}`);
if (grown > NOISE) {
  console.error(`it grew by ${megabytes(grown)}`);
  process.exitCode = 1;
}
