/** Nothing that fails ends the program, reaches a caller whom it does not concern, or keeps the program alive. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { node } from "../support/build.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { seed } from "../support/random.js";

let program: Bundle;
let cacheDir: string;
beforeAll(async () => {
  program = await bundle("test/support/strict-child.ts");
  cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-strict-"));
});
afterAll(() => {
  program.remove();
  rmSync(cacheDir, { recursive: true, force: true });
});

/** What the program says at its end. */
interface Report {
  readonly calls: number;
  readonly settled: number;
  readonly failed: number;
  readonly operations: number;
  /** How often something failed on purpose, besides the functions that are cached. */
  readonly harm: number;
  /** What callers got that is neither a result nor an error of the function, nor what their options say. */
  readonly wrong: readonly string[];
  /** Warnings of Node. */
  readonly warnings: readonly string[];
  /** Timers that kept the program alive, when it had done its work, and when it ended. */
  readonly heldWhenDone: number;
  readonly heldAtExit: number;
  /** Milliseconds of timers that were neither cleared nor had rung when it ended. */
  readonly left: readonly number[];
}

const MINUTE = 60_000;

it(`hooks, options, loads, engines and loggers fail at random, with strict rejections (SEED=${seed})`, async () => {
  // What Node would print is in the report.
  const args = ["--unhandled-rejections=strict", "--no-warnings", program.path, String(seed), cacheDir];
  const { code, stdout, stderr } = await node(args, { timeout: 30_000 });
  const foreign = stderr.split("\n").filter((line) => line !== "" && !/^\{.*"name":"twat-cache".*\}$/.test(line));
  expect({ code, foreign }).toEqual({ code: 0, foreign: [] });

  const report = JSON.parse(stdout) as Report;
  expect({ wrong: report.wrong, warnings: report.warnings }).toEqual({ wrong: [], warnings: [] });
  expect(report.heldAtExit).toBe(0);
  // One for all deadlines of engines, and those of functions that have just been called.
  expect(report.heldWhenDone).toBeLessThan(5);
  const ofLoads = report.left.filter((delay) => delay > 8 * MINUTE);
  // Where every load settles the limits are 10 minutes at most, and every timer has been cleared.
  expect(ofLoads.filter((delay) => delay <= 10 * MINUTE)).toEqual([]);
  // Where some never settle they are 20 minutes: these timers are still there, and did not keep the program alive.
  expect(ofLoads.length).toBeGreaterThan(0);

  expect(report.calls).toBeGreaterThan(3_000);
  expect(report.settled).toBeGreaterThan(0.8 * report.calls);
  expect(report.failed).toBeGreaterThan(500);
  expect(report.operations).toBeGreaterThan(1_000);
  expect(report.harm).toBeGreaterThan(1_000);
});
