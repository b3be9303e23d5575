"use strict";
// What a hot call costs in Node: the package beside a C addon and koffi, in one process.
//
// Every number is the median of interleaved rounds, and every ratio that of the ratios within a round: the machine's
// moods cancel out. Nothing here fails for being slow; the table says what is over its budget.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { parseArgs } = require("node:util");

const build = require("./build.js");
const rows = require("./rows.js");
const table = require("./table.js");
const peers = ["addon", "pintle", "koffi", "plain"].map((name) => require(`./peers/${name}.js`));

// Many short rounds: on a busy machine most of them pass undisturbed.
const ROUNDS = 401;
const QUICK_ROUNDS = 11;
const CALLS = 2_000;
// Before the first round, so that what is measured is optimised.
const WARM_UP = 60_000;

/** A function of its own for each statement, so that each is optimised for itself. */
function loop(statement, names) {
  const waits = statement.includes("await ");
  const body = `return ${waits ? "async " : ""}function (count) { for (let i = 0; i < count; i++) { ${statement}; } }`;
  return new Function(...Object.keys(names), body)(...Object.values(names));
}

/** The loops of every row, and a place for what they take. */
function series(folder) {
  const plugins = build.plugins(folder);
  const { host, ...names } = Object.assign({}, ...peers.map((start) => start(folder, plugins)));
  const data = Buffer.alloc(64);
  return rows.map((row) => {
    const spoken = Object.keys(names).filter((peer) => row[peer]);
    const loops = spoken.map((peer) => [peer, loop(row[peer], { ...names[peer], data })]);
    loops.push(["alone", (count) => host.repeat(row.alone, count)]);
    return { row, loops, figures: Object.fromEntries(loops.map(([peer]) => [peer, []])) };
  });
}

/** One round of everything: nanoseconds of a call. */
async function round(measured, calls, keep) {
  for (const { loops, figures } of measured) {
    for (const [peer, run] of loops) {
      const start = process.hrtime.bigint();
      await run(calls);
      const nanoseconds = Number(process.hrtime.bigint() - start) / calls;
      if (keep) {
        figures[peer].push(nanoseconds);
      }
    }
  }
}

async function main() {
  const options = { quick: { type: "boolean", default: false } };
  const { quick } = parseArgs({ options }).values;
  const rounds = quick ? QUICK_ROUNDS : ROUNDS;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "pintle-bench-"));
  try {
    const measured = series(folder);
    await round(measured, quick ? CALLS : WARM_UP, false);
    for (let number = 0; number < rounds; number++) {
      await round(measured, CALLS, true);
    }
    table.show(measured, rounds);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

main();
