// Loads, drives and unloads plugins over and over. The resident memory after many cycles must be that after few, but for
// noise: `node test/memory.mjs [few] [many]`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { Host } from "pintle";

import { collect, plugin } from "./support.mjs";

// V8's space for young objects is kept from growing, which it does for a while whatever a program does.
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];
if (!FLAGS.every((flag) => process.execArgv.includes(flag))) {
  const { status } = spawnSync(process.execPath, [...FLAGS, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

const [few = 1000, many = 10_000] = process.argv.slice(2).map(Number);
/** What collector and allocator may leave lying about. */
const NOISE = 4 << 20;

async function cycle() {
  const host = new Host({ log: () => {} });
  host.load(plugin("stats"));
  host.load(plugin("echo"));
  const session = host.open().createSession({ address: "unix:/run/x.sock", user: "bob" });
  session.send(Buffer.from("there"));
  session.take().close();
  session.receive(Buffer.from("and back"));
  await session.call(0x1000_0001, 1, Buffer.from("fast"));
  await session.call(0x1000_0001, 2, Buffer.from("slow"));
  for (const receipt of await host.close()) {
    if (receipt.outcome !== "stopped") throw new Error(`${receipt}`);
  }
}

/** The least of several looks: the collector gives memory back when it gets to it. */
async function resident() {
  let least = Infinity;
  for (let look = 0; look < 10; look += 1) {
    await cycle();
    await collect();
    const [, pages] = readFileSync("/proc/self/statm", "utf8").split(" ");
    least = Math.min(least, Number(pages) * 4096);
  }
  return least;
}

const megabytes = (bytes) => `${(bytes / (1 << 20)).toFixed(1)} MiB`;

let before = 0;
for (let done = 1; done <= many; done += 1) {
  await cycle();
  // Garbage is not what this is about.
  if (done % 500 === 0) await collect();
  if (done === few) before = await resident();
}
const grown = (await resident()) - before;
console.log(`resident after ${few} cycles: ${megabytes(before)}, after ${many}: ${megabytes(before + grown)}`);
if (grown > NOISE) {
  console.error(`it grew by ${megabytes(grown)}`);
  process.exitCode = 1;
}
