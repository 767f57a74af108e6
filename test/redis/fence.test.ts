/** Removals by others while a function runs: what it gives is not stored after. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeCaches } from "../../src/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import { FenceProcess } from "../support/fence-process.js";
import { collectLog } from "../support/log.js";
import { cachedOn, type OnRedis } from "../support/redis-caches.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

const lines = collectLog();

describe.runIf(hasRedis)("a load by one connection", () => {
  let server: RedisServer;
  /** The load, and what another process does. */
  let one: OnRedis;
  let other: OnRedis;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.remove());
  beforeEach(async () => {
    await server.command("FLUSHALL");
    one = cachedOn(server.url, { tags: ["t"], engineTimeout: "10s" });
    other = cachedOn(`${server.url}/0`, { tags: ["t"], engineTimeout: "10s" });
    await one.f(100);
    await other.f(200);
  });
  afterEach(async () => {
    await closeCaches();
    expect(lines).toEqual([]);
  });

  /** Removes keys of the caches that are not entries. */
  async function evict(...patterns: readonly string[]): Promise<void> {
    for (const pattern of patterns) {
      const names = await server.command("KEYS", pattern);
      expect(names.length).toBeGreaterThan(0);
      await server.command("DEL", ...names);
    }
  }

  const META = "*~meta";
  const REMOVALS = "*~removals";
  const many = async (): Promise<void> => {
    for (let from = 0; from < 4_500; from += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, i) => other.f.cache.delete(10_000 + from + i)));
    }
  };

  it.each<readonly [string, () => Promise<unknown>]>([
    ["it is deleted", () => other.f.cache.delete(1)],
    ["everything is cleared", () => other.f.cache.clear()],
    ["its tag is invalidated", () => other.f.cache.invalidateTags("t")],
    [
      "it is deleted, and then what is known of the cache is evicted",
      () => other.f.cache.delete(1).then(() => evict(META)),
    ],
    [
      "it is deleted, and then what is known of removals is evicted",
      () => other.f.cache.delete(1).then(() => evict(REMOVALS)),
    ],
    [
      "it is deleted, what is known of removals is evicted, and another key is deleted",
      async () => {
        await other.f.cache.delete(1);
        await evict(REMOVALS);
        await other.f.cache.delete(2);
      },
    ],
    [
      "it is cleared, and then what is known of the cache is evicted",
      () => other.f.cache.clear().then(() => evict(META, REMOVALS)),
    ],
    [
      "its tag is invalidated, and then what is known of tags is evicted",
      () => other.f.cache.invalidateTags("t").then(() => evict("*:head")),
    ],
    [
      "its tag is invalidated, and then the notes of that are evicted",
      async () => {
        await other.f.cache.invalidateTags("t");
        await evict("*:notes");
        await other.f.cache.invalidateTags("another");
      },
    ],
    ["it is deleted, and then thousands of others are", () => other.f.cache.delete(1).then(many)],
    ["the server is emptied", () => server.command("FLUSHALL")],
  ])("while %s: the value is given, and not served after", async (_what, remove) => {
    one.source.meanwhile = remove;
    expect(await one.f(1)).toBe("1 v1");
    one.source.meanwhile = () => undefined;
    for (const { source } of [one, other]) source.version = "v2";
    expect(await other.f(1)).toBe("1 v2");
    expect(await one.f(1)).toBe("1 v2");
    expect([one.source.runs, other.source.runs]).toEqual([2, 2]);
  });

  it.each<readonly [string, () => Promise<unknown>]>([
    ["another key is deleted", () => other.f.cache.delete(2)],
    ["another tag is invalidated", () => other.f.cache.invalidateTags("another")],
    ["nothing happens", async () => undefined],
  ])("while %s: the value is stored", async (_what, act) => {
    one.source.meanwhile = act;
    expect(await one.f(1)).toBe("1 v1");
    expect(await other.f(1)).toBe("1 v1");
    expect(other.source.runs).toBe(1);
  });

  it("after what is known of removals was evicted is stored, though nothing is removed any more", async () => {
    await other.f.cache.delete(5);
    await evict(REMOVALS);
    expect([await one.f(1), await other.f(1), await one.f(1)]).toEqual(["1 v1", "1 v1", "1 v1"]);
    expect([one.source.runs, other.source.runs]).toEqual([2, 1]);
  });
});

describe.runIf(hasRedis)("a load by one process", () => {
  let program: Bundle;
  let server: RedisServer;
  let directory = "";
  let processes: FenceProcess[] = [];
  beforeAll(async () => {
    program = await bundle("test/support/fence-child.ts");
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await server?.remove();
    program?.remove();
  });
  beforeEach(() => {
    directory = makeTemporary();
  });
  afterEach(async () => {
    const ended = processes;
    processes = [];
    for (const one of ended) await one.kill();
    removeTemporary(directory);
    expect(ended.map(({ stderr }) => stderr).join("")).toBe("");
  });

  function start(me: string, memory = false): FenceProcess {
    const orders = { engine: "redis", memory, answers: "promises", redis: server.url } as const;
    const one = new FenceProcess(program.path, { ...orders, me, cacheDir: `${directory}/cache` });
    processes.push(one);
    return one;
  }

  describe.each([false, true])("memory %s", (memory) => {
    it.each([
      ["delete", (one: FenceProcess) => one.tell("delete", "k")],
      ["clear", (one: FenceProcess) => one.tell("clear")],
    ] as const)("and %s by another meanwhile: the value is given, and not stored", async (_name, remove) => {
      const [a, b] = [start("a", memory), start("b")];
      await b.tell("clear");
      const finish = await a.hold("call", "k");
      await remove(b);
      expect(await finish("old")).toBe("old");
      for (const one of [a, b]) expect(await one.tell("has", "k")).toBe(false);
      const value = await b.tell("call", "k");
      expect([await b.tell("call", "k"), await a.tell("call", "k")]).toEqual([value, value]);
    });

    it("and a removal by another, which puts a new value in: that stays", async () => {
      const [a, b] = [start("a", memory), start("b")];
      await b.tell("clear");
      const finish = await a.hold("call", "k");
      await b.tell("delete", "k");
      await b.tell("set", ["k"], "new");
      expect(await finish("old")).toBe("old");
      for (const one of [a, b]) expect(await one.tell("call", "k")).toBe("new");
    });
  });
});
