import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../support/bundle.js";
import { seed } from "../support/random.js";
import { runStorm, type Storm } from "../support/storm.js";

let program: Bundle;
beforeAll(async () => {
  program = await bundle("test/support/storm-child.ts");
});
afterAll(() => program.remove());

const storm: Storm = {
  engine: "sqlite",
  mode: "store",
  seed,
  processes: 4,
  operations: 5_000,
  lanes: 8,
  keys: 30,
  own: 50,
  closes: true,
};

describe(`processes on one cache: nothing acknowledged is lost, nothing deleted is back, SEED=${seed}`, () => {
  it.each<[string, Partial<Storm>]>([
    ["sqlite, 4 × 5,000 operations", {}],
    ["sqlite, 4 × 1,000, begun while another process has the lock", { operations: 1_000, locked: 1_500 }],
    ["sqlite by handles, 4 × 2,000", { mode: "handle", operations: 2_000, lanes: 1, closes: false }],
    ["file, 4 × 1,000", { engine: "file", operations: 1_000 }],
    ["file, 4 × 1,000 on three keys", { engine: "file", operations: 1_000, keys: 3 }],
    ["file by handles, 4 × 500", { engine: "file", mode: "handle", operations: 500, lanes: 1, closes: false }],
    ["better-sqlite3, 4 × 5,000", { engine: "better-sqlite3", lanes: 1 }],
    ["sqlite, 4 × 2,000, with functions that take a while", { mode: "loads", operations: 2_000, keys: 8 }],
    [
      "file, 4 × 1,000, with functions that take a while",
      { engine: "file", mode: "loads", operations: 1_000, keys: 8 },
    ],
  ])("%s", async (_what, special) => {
    const { operations, acknowledged, wrong, errors, slow } = await runStorm(program.path, { ...storm, ...special });
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(errors.slice(0, 5)).toEqual([]);
    expect(slow).toBeLessThan(operations * 0.05);
    // What functions give is not acknowledged to anybody.
    expect(acknowledged).toBeGreaterThan(operations * (special.mode === "loads" ? 0.5 : 0.8));
  });
});
