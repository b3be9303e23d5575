"use strict";
// Compiles what the peers need, each into a library of its own.

const { execFileSync } = require("node:child_process");
const path = require("node:path");

const shared = path.join(__dirname, "..", "c");
const include = path.join(__dirname, "..", "..", "..", "include");
const flags = "-std=c11 -O2 -DNDEBUG -Wall -Wextra -fPIC -shared".split(" ");

/** A shared library from sources and flags. */
function compiled(library, ...options) {
  const [compiler, ...first] = (process.env.CC ?? "cc").split(" ");
  const all = [...first, ...flags, `-I${include}`, `-I${shared}`, ...options, "-o", library];
  execFileSync(compiler, all, { stdio: "inherit" });
  return library;
}

/** One that has the application and libpintle.a in it: a host of its own, as the package has. */
function linked(library, ...options) {
  const archive = path.join(process.env.PINTLE_LIB, "libpintle.a");
  return compiled(library, ...options, path.join(shared, "application.c"), archive, "-lm");
}

/** A plugin that owns a session, and one with a service. */
function plugins(folder) {
  return ["owner", "service"].map((name) =>
    compiled(path.join(folder, `${name}.so`), path.join(shared, `${name}.c`)));
}

module.exports = { linked, plugins };
