// A short run of `memory.mjs`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { here } from "./support.mjs";

test("two thousand cycles of load, drive and unload take no more memory than one thousand", async () => {
  const script = path.join(here, "memory.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, "1000", "2000"]);
  assert.match(stdout, /^resident after 1000 cycles: [\d.]+ MiB, after 2000: [\d.]+ MiB\n$/);
});
