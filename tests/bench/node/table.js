"use strict";
// The table, in the form of the one that `cargo xtask bench` prints.

const NAMES = {
  alone: "the calls alone, in C",
  functions: "C addon, functions",
  methods: "C addon, methods",
  pintle: "pintle",
  koffi: "koffi",
  plain: "#[napi] functions",
};

function median(values) {
  return values.toSorted((left, right) => left - right)[values.length >> 1];
}

/** What a peer is compared with, what it must reach, and whether it does. */
function judged(row, peer, figures) {
  if (peer === "functions" || peer === "alone") {
    return "";
  }
  const to = peer === "pintle" || peer === "methods" || !row.pintle ? "functions" : "pintle";
  const ratio = median(figures[peer].map((nanoseconds, round) => nanoseconds / figures[to][round]));
  let must = "";
  let verdict = "";
  if (peer === "pintle" && row.most) {
    [must, verdict] = [`<= ${row.most}x`, ratio <= row.most ? "ok" : "over"];
  } else if (row.least?.[peer]) {
    [must, verdict] = [`>= ${row.least[peer]}x`, ratio >= row.least[peer] ? "ok" : "under"];
  }
  const times = `${ratio.toFixed(2)}x`.padStart(8);
  return `${times}  ${NAMES[to].padEnd(24)} ${must.padStart(8)}  ${verdict}`;
}

/** Prints a block for every row. */
exports.show = function show(measured, rounds) {
  console.log(`${"".padEnd(40)} ${"ns".padStart(8)} ${"ratio".padStart(8)}  ${"to".padEnd(24)} ${"must".padStart(8)}`);
  for (const { row, figures } of measured) {
    console.log(row.name);
    for (const peer of Object.keys(NAMES).filter((name) => figures[name])) {
      const nanoseconds = median(figures[peer]).toFixed(1).padStart(8);
      console.log(`  ${NAMES[peer].padEnd(38)} ${nanoseconds} ${judged(row, peer, figures)}`.trimEnd());
    }
  }
  console.log(`\nmedians of ${rounds} interleaved rounds`);
};
