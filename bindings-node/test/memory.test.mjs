// A short run of `npm run memory`.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { packageFolder } from "./support.mjs";

test("two thousand cycles of load, drive and unload take no more memory than one thousand", async () => {
  const script = path.join(packageFolder, "test/memory.mjs");
  const args = ["--expose-gc", "--max-semi-space-size=1", script, "1000", "2000"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.match(stdout, /^resident after 1000 cycles: [\d.]+ MiB, after 2000: [\d.]+ MiB\n$/);
});
