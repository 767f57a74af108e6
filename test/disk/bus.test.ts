/** Changes by one process, and the memory of another in front of the same folder. */

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../support/bundle.js";
import { BUS } from "../support/bus-orders.js";
import { BusPrograms, hold, LONG, until } from "../support/bus-programs.js";
import { persistentEngines } from "../support/disk-stores.js";
import type { FenceProcess } from "../support/fence-process.js";

let program: Bundle;
beforeAll(async () => {
  program = await bundle("test/support/bus-child.ts");
});
afterAll(() => program.remove());

const all = await persistentEngines();
const engines = all.map(({ name }) => name);
const syncEngines = all.filter(({ kind }) => kind === "sync").map(({ name }) => name);

describe.each(engines)("a memory in front of %s", (engine) => {
  let programs: BusPrograms;
  beforeEach(() => {
    programs = new BusPrograms(program.path, { engine });
  });
  afterEach(async () => {
    // Nothing that happens here is worth a line.
    expect(await programs.end()).toBe("");
  });

  const folder = (): string => join(programs.cacheDir, BUS);
  /** The files in which changes are noted. */
  const files = (): string[] =>
    readdirSync(folder())
      .filter((name) => name.endsWith(".changes"))
      .map((name) => join(folder(), name));
  const file = (): string => {
    const [only, ...others] = files();
    expect(others).toEqual([]);
    return only as string;
  };

  const changes: readonly (readonly [string, (one: FenceProcess) => Promise<unknown>])[] = [
    ["delete", (one) => one.tell("delete", "k")],
    ["clear", (one) => one.tell("clear")],
    ["set", (one) => one.tell("set", ["k"], "new")],
    ["refresh", (one) => one.tell("refresh", "k")],
  ];

  describe.each([
    ["with a memory too", LONG],
    ["without a memory", undefined],
  ])("and a process %s", (_with, memory) => {
    it.each(changes)("which tells %s: the next hit is not of before", async (name, change) => {
      const [a, b] = [programs.start("a", memory), programs.start("b", LONG)];
      for (let round = 0; round < 5; round += 1) {
        const held = await hold(b, "k");
        await change(a);
        if (name === "delete" || name === "clear") expect(await b.tell("has", "k")).toBe(false);
        else expect(await b.tell("call", "k")).not.toBe(held);
        await b.tell("delete", "k");
      }
    });
  });

  it.runIf(syncEngines.includes(engine)).each(changes)(
    "and a process whose function answers at once, which tells %s: the next hit is not of before",
    async (name, change) => {
      const [a, b] = [programs.startSync("a"), programs.start("b", LONG)];
      const held = await hold(b, "k");
      expect(await a.tell("call", "k")).toBe(held);
      await change(a);
      if (name === "delete" || name === "clear") expect(await b.tell("has", "k")).toBe(false);
      else expect(await b.tell("call", "k")).not.toBe(held);
    },
  );

  it("serves what the disk has lost, since nobody has told it: hits are of the memory", async () => {
    const b = programs.start("b", LONG);
    const held = await hold(b, "k");
    for (const name of readdirSync(folder())) {
      if (!name.endsWith(".changes") && name !== "CACHEDIR.TAG") rmSync(join(folder(), name), { recursive: true });
    }
    expect(await b.tell("call", "k")).toBe(held);
    expect(await b.tell("runs")).toBe(1);
  });

  it("keeps what is not of the key that was changed", async () => {
    const [a, b] = [programs.start("a"), programs.start("b", LONG)];
    const held = await hold(b, "other");
    const read = (await b.tell("stats")) as { hits: number };
    await a.tell("delete", "k");
    expect(await b.tell("call", "other")).toBe(held);
    expect(read.hits).toBeGreaterThan(0);
  });

  it("is told nothing where there is none: no file is made", async () => {
    const a = programs.start("a");
    await a.tell("call", "k");
    await a.tell("delete", "k");
    await a.tell("clear");
    expect(files()).toEqual([]);
  });

  const harms: readonly (readonly [string, (path: string) => void])[] = [
    ["removed", (path) => rmSync(path)],
    ["cut short", (path) => truncateSync(path, 11)],
    ["emptied", (path) => truncateSync(path, 0)],
    ["made of something else", (path) => writeFileSync(path, Buffer.alloc(1_000, 7))],
    ["longer than it was written", (path) => appendFileSync(path, "1234567")],
    ["full", (path) => appendFileSync(path, Buffer.alloc(8 * 32_768))],
    [
      "a link",
      (path) => {
        rmSync(path);
        writeFileSync(join(path, "..", "..", "..", "elsewhere"), "");
        symlinkSync(join(path, "..", "..", "..", "elsewhere"), path);
      },
    ],
    ["a directory", (path) => [rmSync(path), mkdirSync(path)]],
  ];

  // The file is the same whatever the engine.
  it.runIf(engine === engines[0]).each(harms)(
    "whose file is %s: nothing fails, and nothing old is served once there is one again",
    async (name, harm) => {
      const [a, b] = [programs.start("a"), programs.start("b", LONG)];
      await hold(b, "k");
      harm(file());
      const isBeyondRepair = name === "a directory" || name === "a link";
      await a.tell("delete", "k");
      if (isBeyondRepair) {
        // What was read when the file was there is not believed without it.
        expect(await b.tell("has", "k")).toBe(false);
        rmSync(file(), { recursive: true });
      }
      expect(await b.tell("has", "k")).toBe(false);
      await until(3_000, async () => {
        await b.tell("delete", "k");
        await hold(b, "k");
        await a.tell("delete", "k");
        return (await b.tell("has", "k")) === false;
      });
      if (name === "a link") expect(existsSync(join(programs.directory, "elsewhere"))).toBe(true);
    },
  );

  it("whose file cannot be: serves nothing for longer than its ttl", async () => {
    const [a, b] = [programs.start("a"), programs.start("b", 300)];
    await b.tell("call", "k");
    await until(3_000, async () => files().length === 1);
    const path = file();
    rmSync(path);
    mkdirSync(path);
    for (let round = 0; round < 3; round += 1) {
      await hold(b, "k");
      await a.tell("delete", "k");
      expect(await until(600, async () => (await b.tell("has", "k")) === false)).toBeLessThan(600);
    }
    for (const one of [a, b]) expect(await one.tell("stats")).toMatchObject({ engineFailures: 0 });
  });

  it("leaves the process free to end", async () => {
    const b = programs.start("b", LONG);
    await hold(b, "k");
    expect(await b.end()).toBe(0);
  });
});

it.each(engines)(
  "8 processes on %s, which read and change the same keys: nothing old is read",
  async (engine) => {
    const programs = new BusPrograms(program.path, { engine });
    try {
      const { reads, changes, late } = await programs.storm(8, 2_000, 0);
      expect(late).toEqual([]);
      expect(reads + changes).toBe(16_000);
    } finally {
      expect(await programs.end()).toBe("");
    }
  },
  180_000,
);
