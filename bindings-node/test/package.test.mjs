// The package as its users get it: both kinds of module, the types, the README, a missing binary.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import * as pintle from "pintle";

import { packageFolder, plugin, scratchFolder } from "./support.mjs";

const require = createRequire(import.meta.url);
const tsc = path.join(packageFolder, "node_modules/.bin/tsc");

test("import and require give the same", () => {
  const required = require("pintle");
  assert.ok(Object.keys(required).length > 30);
  for (const name of Object.keys(required)) assert.equal(pintle[name], required[name], name);
});

test("the statuses are those of the host, all of them", () => {
  const { addon } = require("../lib/native.js");
  for (const [name, code] of Object.entries(pintle.Status)) assert.equal(addon.statusName(code), name);
  for (let code = 0; code < 10_000; code += 1) {
    const name = addon.statusName(code);
    if (name !== "") assert.equal(pintle.Status[name], code, name);
  }
  assert.throws(() => (pintle.Status.OK = 1), TypeError);
});

test("the types that are committed are those of the source", () => {
  const fresh = path.join(scratchFolder(), "types");
  execFileSync(tsc, ["--emitDeclarationOnly", "--declarationDir", fresh], { cwd: packageFolder });
  const committed = path.join(packageFolder, "types");
  const read = (folder) =>
    Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
  assert.deepEqual(read(committed), read(fresh), "run `npm run build` and commit bindings-node/types");
});

/** An empty folder with this package in it, as npm would install it. */
function project(name, files) {
  const folder = path.join(scratchFolder(), name);
  mkdirSync(path.join(folder, "node_modules"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  return folder;
}

test("strict programs of both kinds compile against the types", () => {
  const folder = project("typed", {
    "program.mts": readFileSync(path.join(packageFolder, "test/fixtures/program.mts"), "utf8"),
    "program.cts": 'import pintle = require("pintle");\nconst host: pintle.Host = new pintle.Host();\nvoid host.close();\n',
  });
  symlinkSync(packageFolder, path.join(folder, "node_modules/pintle"));
  const options = ["--strict", "--noEmit", "--module", "node16", "--target", "es2022", "--lib", "es2022,esnext.disposable"];
  const types = ["--typeRoots", path.join(packageFolder, "node_modules/@types"), "--types", "node"];
  execFileSync(tsc, [...options, ...types, "program.mts", "program.cts"], { cwd: folder, stdio: "inherit" });
});

test("the example of the README writes what the README says", async () => {
  const readme = readFileSync(path.join(packageFolder, "README.md"), "utf8");
  const [, program] = /```js\n([\s\S]*?)```/.exec(readme);
  const [, expected] = /```text\n([\s\S]*?)```/.exec(readme);
  const folder = project("readme", { "program.mjs": program });
  symlinkSync(packageFolder, path.join(folder, "node_modules/pintle"));
  mkdirSync(path.join(folder, "target"));
  symlinkSync(path.dirname(plugin("stats")), path.join(folder, "target/plugins"));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
  assert.equal(stderr, "");
  assert.equal(stdout, expected);
});

test("a missing binary is named, with what to do", () => {
  const folder = path.join(scratchFolder(), "bare/node_modules/pintle");
  cpSync(path.join(packageFolder, "lib"), path.join(folder, "lib"), { recursive: true });
  cpSync(path.join(packageFolder, "package.json"), path.join(folder, "package.json"));
  const options = { cwd: path.join(scratchFolder(), "bare"), encoding: "utf8", stdio: "pipe" };
  assert.throws(
    () => execFileSync(process.execPath, ["--eval", 'require("pintle")'], options),
    ({ stderr }) => {
      assert.match(stderr, /pintle\/pintle\.linux-(x64|arm64)-(gnu|musl)\.node is missing: .*`cargo xtask npm`/);
      return true;
    },
  );
});
