/** Removals while another process loads: what was loaded before is not stored after. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../support/bundle.js";
import { makeTemporary, persistentEngines, removeTemporary } from "../support/disk-stores.js";
import type { FenceOrders } from "../support/fence-orders.js";
import { FenceProcess } from "../support/fence-process.js";

let program: Bundle;
beforeAll(async () => {
  program = await bundle("test/support/fence-child.ts");
});
afterAll(() => program.remove());

type Kind = Pick<FenceOrders, "engine" | "memory" | "answers">;
const kinds = (await persistentEngines()).flatMap(({ name, kind }): Kind[] =>
  kind === "sync"
    ? [
        { engine: name, memory: false, answers: "at once" },
        { engine: name, memory: false, answers: "at once, of promises" },
      ]
    : [
        { engine: name, memory: false, answers: "promises" },
        { engine: name, memory: true, answers: "promises" },
      ],
);

describe.each(kinds)("a load by one process, on $engine, which answers with $answers, memory $memory", (kind) => {
  let directory = "";
  let processes: FenceProcess[] = [];
  beforeEach(() => {
    directory = makeTemporary();
  });
  afterEach(async () => {
    const ended = processes;
    processes = [];
    for (const one of ended) await one.kill();
    removeTemporary(directory);
    // Nothing that happens here is worth a line.
    expect(ended.map(({ stderr }) => stderr).join("")).toBe("");
  });

  function start(me: string, orders: Partial<FenceOrders> = {}): FenceProcess {
    const cacheDir = join(directory, "cache");
    const one = new FenceProcess(program.path, { ...kind, me, cacheDir, ...orders });
    processes.push(one);
    return one;
  }

  /** A process that looks without a memory. */
  const look = (me: string): FenceProcess => start(me, { memory: false });

  const removals = [
    ["delete", (one: FenceProcess) => one.tell("delete", "k")],
    ["clear", (one: FenceProcess) => one.tell("clear")],
  ] as const;

  describe.each(removals)("and %s by another", (_name, remove) => {
    it("meanwhile: the value is given, and not stored", async () => {
      const [a, b] = [start("a"), look("b")];
      const finish = await a.hold("call", "k");
      await remove(b);
      expect(await finish("old")).toBe("old");
      for (const one of [a, b, look("c")]) expect(await one.tell("has", "k")).toBe(false);
      expect(await a.tell("stats")).toMatchObject({ misses: 1, refusals: 0, engineFailures: 0 });
      expect(await a.tell("call", "k")).toBe("a-2");
      expect(await a.tell("call", "k")).toBe("a-2");
      expect(await b.tell("call", "k")).toBe("a-2");
    });

    it("meanwhile, though there was an older value which was removed", async () => {
      const [a, b] = [start("a"), look("b")];
      await b.tell("call", "k");
      const finish = await a.hold("refresh", "k");
      await remove(b);
      expect(await finish("old")).toBe("old");
      for (const one of [a, b]) expect(await one.tell("has", "k")).toBe(false);
    });

    it("before: the function runs once, and then there are hits", async () => {
      const [a, b] = [start("a"), look("b")];
      await b.tell("call", "k");
      // What was seen so far is of no use: there were hits, and nothing else.
      await a.tell("call", "other");
      for (let i = 0; i < 3; i += 1) await a.tell("call", "other");
      await remove(b);
      if (kind.memory) await a.tell("delete", "other");
      const runs = (await a.tell("runs")) as number;
      for (let i = 0; i < 3; i += 1) expect(await a.tell("call", "k")).toBe(`a-${runs + 1}`);
      expect(await b.tell("call", "k")).toBe(`a-${runs + 1}`);
      await remove(b);
      expect(await a.tell("refresh", "k")).toBe(`a-${runs + 2}`);
      expect(await b.tell("call", "k")).toBe(`a-${runs + 2}`);
    });

    it("meanwhile, and a value put in after that: the value stays", async () => {
      const [a, b] = [start("a"), look("b")];
      const finish = await a.hold("call", "k");
      await remove(b);
      await b.tell("set", ["k"], "new");
      expect(await finish("old")).toBe("old");
      for (const one of [a, b, look("c")]) expect(await one.tell("call", "k")).toBe("new");
    });

    it("meanwhile, which is killed when it has been told that it is done", async () => {
      const [a, b] = [start("a"), look("b")];
      const finish = await a.hold("call", "k");
      await remove(b);
      await b.kill();
      expect(await finish("old")).toBe("old");
      for (const one of [a, look("c")]) expect(await one.tell("has", "k")).toBe(false);
    });

    it("meanwhile, while a third one loads too", async () => {
      const [a, b, c] = [start("a"), look("b"), start("c")];
      const [first, second] = [await a.hold("call", "k"), await c.hold("call", "k")];
      await remove(b);
      expect(await first("old")).toBe("old");
      const third = await b.hold("call", "k");
      expect(await second("older")).toBe("older");
      expect(await third("new")).toBe("new");
      for (const one of [a, b, c]) expect(await one.tell("call", "k")).toBe("new");
    });
  });

  it("and removals of another key: it is stored", async () => {
    const [a, b] = [start("a"), look("b")];
    const finish = await a.hold("call", "k");
    for (let i = 0; i < 20; i += 1) await b.tell("delete", `other-${i}`);
    expect(await finish("value")).toBe("value");
    expect(await b.tell("call", "k")).toBe("value");
  });

  it("and a removal of its own before it, which is still under way: it is stored", async () => {
    const a = start("a");
    const removed = a.tell("delete", "k");
    const value = await a.tell("call", "k");
    await removed;
    expect(await look("b").tell("call", "k")).toBe(value);
  });

  it("and a removal by another while a promise is put in: it is not stored", async () => {
    const [a, b] = [start("a"), look("b")];
    if (kind.answers === "at once") return;
    const finish = await a.hold("promise", "k");
    // Until the cache has been asked for, it knows nothing.
    await a.tell("has", "other");
    await b.tell("delete", "k");
    await finish("old");
    await a.tell("delete", "other");
    for (const one of [a, b]) expect(await one.tell("has", "k")).toBe(false);
  });
});
