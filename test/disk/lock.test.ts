/** Processes that take turns over a key, on the engines on disk. */

import { existsSync, readdirSync, utimesSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AsyncStore } from "../../src/contract/index.js";
import { LeaseTable, type Row, takeForAWhile, workNow } from "../../src/disk/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { engineNamed, makeTemporary, openStore, removeTemporary } from "../support/disk-stores.js";
import { FENCED, type FenceOrders } from "../support/fence-orders.js";
import { FenceProcess } from "../support/fence-process.js";
import { type Ground, lockCases, until } from "../support/lock-cases.js";

/** As far as it is used here. */
interface Statement {
  readonly reader: boolean;
  all(...parameters: readonly unknown[]): readonly { readonly id: string }[];
  run(...parameters: readonly unknown[]): unknown;
}
type OpenDatabase = new (path: string, options: object) => { prepare(sql: string): Statement; close(): void };
const Database = createRequire(import.meta.url)("better-sqlite3") as OpenDatabase;

let program: Bundle;
beforeAll(async () => {
  program = await bundle("test/support/fence-child.ts");
});
afterAll(() => program.remove());

function groundOf(engine: string, memory: boolean, leases: (folder: string) => readonly string[]): Ground {
  return {
    engine,
    memory,
    program: () => program.path,
    options: () => ({}),
    open: (cacheDir) => openStore(engineNamed(engine), cacheDir) as Promise<AsyncStore>,
    leases: async (cacheDir) => leases(join(cacheDir, FENCED)),
  };
}

/** The lock files below the folder of the caches. */
function lockFiles(folder: string): readonly string[] {
  return readdirSync(join(folder, "files")).flatMap((cache) => {
    const directory = join(folder, "files", cache, "leases");
    return existsSync(directory) ? readdirSync(directory) : [];
  });
}

/** The rows of leases in the folder's database. */
function leaseRows(folder: string): readonly string[] {
  const database = new Database(join(folder, "sqlite.db"), { readonly: true });
  try {
    return database
      .prepare("SELECT id FROM leases")
      .all()
      .map(({ id }) => id);
  } finally {
    database.close();
  }
}

describe.each([
  ["file", false, lockFiles],
  ["file", true, lockFiles],
  ["sqlite", false, leaseRows],
  ["sqlite", true, leaseRows],
] as const)("the option lock, on %s, memory %s", (engine, memory, leases) => {
  lockCases(groundOf(engine, memory, leases));
});

describe("a database whose lock another process has", () => {
  it("gives no lease, and no call waits for one longer than for the engine", async () => {
    const directory = makeTemporary();
    const cacheDir = join(directory, "cache");
    const options = { lock: { wait: "20s" }, engineTimeout: "150ms" };
    const orders: FenceOrders = { engine: "sqlite", memory: false, answers: "promises", cacheDir, me: "a", options };
    const a = new FenceProcess(program.path, orders);
    try {
      expect(await a.tell("call", "first")).toBe("a-1");
      const database = new Database(join(cacheDir, FENCED, "sqlite.db"), {});
      try {
        database.prepare("BEGIN IMMEDIATE").run();
        const started = performance.now();
        expect(await a.tell("call", "k")).toBe("a-2");
        expect(performance.now() - started).toBeLessThan(2_000);
        database.prepare("ROLLBACK").run();
      } finally {
        database.close();
      }
      // The lease that came too late is given back, and what was to be written is there.
      await until("it is stored", async () => (await a.tell("has", "k")) === true);
      await until("no lease is left", () => leaseRows(join(cacheDir, FENCED)).length === 0);
    } finally {
      await a.kill();
      removeTemporary(directory);
    }
  });
});

describe("the times of leases are those of a clock that may be set", () => {
  const HOUR = 3_600_000;
  afterEach(() => void vi.useRealTimers());

  it("in a database: one from the future is over, one that is a little early is not; old ones are removed", () => {
    const database = new Database(":memory:", {});
    const run = (sql: string, ...parameters: readonly unknown[]): readonly Row[] => {
      const statement = database.prepare(sql);
      if (statement.reader) return statement.all(...parameters);
      statement.run(...parameters);
      return [];
    };
    const take = (record: string): unknown => workNow(new LeaseTable("owner").take(record, HOUR), run);
    const isHeld = (record: string): boolean => workNow(new LeaseTable("owner").isHeld(record), run);
    vi.useFakeTimers({ toFake: ["Date"], now: 10 * HOUR });
    expect(isHeld("k")).toBe(false);
    expect([take("k"), take("k")]).toEqual([expect.anything(), undefined]);
    expect([isHeld("k"), isHeld("other")]).toEqual([true, false]);
    vi.setSystemTime(10 * HOUR - 500);
    expect([isHeld("k"), take("k")]).toEqual([true, undefined]);
    vi.setSystemTime(9 * HOUR);
    expect(isHeld("k")).toBe(false);
    expect(take("k")).toBeDefined();
    vi.setSystemTime(10 * HOUR);
    expect(isHeld("k")).toBe(false);
    vi.setSystemTime(10 * HOUR + 61_000);
    expect(take("other")).toBeDefined();
    expect(database.prepare("SELECT id FROM leases").all()).toHaveLength(1);
    database.close();
  });

  it("in files: one from the future is over", () => {
    const directory = makeTemporary();
    try {
      const path = join(directory, "lock");
      expect(takeForAWhile(path, HOUR)).toBeDefined();
      expect(takeForAWhile(path, HOUR)).toBeUndefined();
      const later = Date.now() / 1_000;
      utimesSync(path, later + 0.5, later + 0.5);
      expect(takeForAWhile(path, HOUR)).toBeUndefined();
      utimesSync(path, later + 60, later + 60);
      const lock = takeForAWhile(path, HOUR);
      expect(lock?.renew()).toBe(true);
      lock?.release();
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      removeTemporary(directory);
    }
  });
});
