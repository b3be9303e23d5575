// What the tests share: where the plugins are, and programs that run in a process of their own.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { Host } from "pintle";

/** This folder: programs that start here can import the package. */
export const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "../..");

/** Where `pintle/plugin.h` is. */
export const include = process.env.PINTLE_INCLUDE ?? path.join(root, "include");

const plugins =
  process.env.PINTLE_PLUGINS ?? path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "plugins");

/** One of the plugins that `cargo xtask plugins` builds. */
export function plugin(name) {
  const file = path.join(plugins, `${name}.so`);
  if (!existsSync(file)) throw new Error(`${file} is missing: build it with \`cargo xtask plugins\``);
  return file;
}

let scratch;

/** A plugin of `fixtures`, compiled for this run. */
export const fixture = (name) => compiled(path.join(here, "fixtures", `${name}.c`));

/** A plugin in C or C++ of the folder `tests` of the project, compiled for this run. */
export const shared = (name) => compiled(path.join(root, "tests", name));

function compiled(source) {
  if (scratch === undefined) {
    scratch = mkdtempSync(path.join(tmpdir(), "pintle-"));
    process.on("exit", () => rmSync(scratch, { recursive: true }));
  }
  const { name, ext } = path.parse(source);
  const file = path.join(scratch, `${name}.so`);
  if (!existsSync(file)) {
    const [compiler, standard] =
      ext === ".c" ? [process.env.CC ?? "cc", "-std=c11"] : [process.env.CXX ?? "c++", "-std=c++17"];
    const flags = ["-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-pthread"];
    execFileSync(compiler, [standard, ...flags, `-I${include}`, "-o", file, source]);
  }
  return file;
}

/** Runs a program, an ES module that may import "pintle"; gives how it ended and what it wrote. */
export function run(source, { args = [], nodeArgs = [] } = {}) {
  const all = [...nodeArgs, "--input-type=module", "--eval", source, "--", ...args];
  const child = spawn(process.execPath, all, { cwd: here, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => (output[stream] += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** A host for the length of a function. */
export async function withHost(run, options) {
  const host = new Host(options);
  try {
    await run(host);
  } finally {
    await host.close();
  }
}

/** The line with a text among those that a log writes to `lines`, as soon as it is there. */
export async function line(lines, text) {
  while (!lines.some((line) => line.text.includes(text))) await new Promise(setImmediate);
  return lines.find((line) => line.text.includes(text));
}

/** Lets the collector take all that it can, and its finalizers run. */
export async function collect() {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

export const bytes = (text) => Buffer.from(text);
export const text = (bytes) => Buffer.from(bytes).toString();
