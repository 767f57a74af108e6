import { describe, expect, it } from "vitest";
import type { AsyncEngine, AsyncStore, Engine, StoreOptions, SyncEngine } from "../src/contract/index.js";
import { engines } from "../src/engines/index.js";
import { createEntry } from "../src/entry.js";
import { chaosEngine, engineConformance } from "../src/testing/index.js";
import { thirdPartyAsync, thirdPartySync } from "./support/engines.js";

// Those on a server are looked at where one is started.
const known = engines
  .names()
  .flatMap((name) => engines.named(name) ?? [])
  .filter(({ capabilities }) => capabilities.location !== "server");
const usable = await Promise.all(known.map(async (engine) => (await engine.available()) === true));

describe.each<Engine>([...known.filter((_engine, i) => usable[i]), thirdPartySync, thirdPartyAsync])(
  "the engine $name conforms",
  (engine) => {
    for (const { name, run } of engineConformance(engine)) it(name, run);
  },
);

describe.each<Engine>(known.filter((_engine, i) => !usable[i]))("the engine $name is not to be had here", (engine) => {
  it("and says why", async () => {
    expect(await engine.available()).toMatch(/Node|npm install/);
  });
});

describe("the conformance suite catches", () => {
  async function failures(engine: Engine): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, run } of engineConformance(engine)) await run().catch(() => failed.push(name));
    return failed;
  }

  const map = engines.named("map") as SyncEngine;
  const broken = (change: (options: StoreOptions) => ReturnType<SyncEngine["open"]>): SyncEngine => ({
    ...map,
    name: "broken",
    open: change,
  });

  it("a store that takes 1 for “1”", async () => {
    const engine = broken((options) => {
      const store = map.open(options);
      return {
        ...passOn(store),
        get: (key) => store.get(String(key)),
        set: (key, entry) => store.set(String(key), entry),
      };
    });
    expect(await failures(engine)).toContain("keeps keys apart that look alike");
  });

  it("a store that ignores its bound", async () => {
    const engine = broken((options) => map.open({ ...options, maxSize: Number.POSITIVE_INFINITY }));
    expect(await failures(engine)).toContain("keeps maxSize by lru, and tells what it drops");
  });

  it("a store that ignores maxBytes", async () => {
    const engine = broken((options) => map.open({ ...options, maxBytes: Number.POSITIVE_INFINITY }));
    expect(await failures(engine)).toContain("keeps maxBytes");
  });

  it("a store that drops in silence", async () => {
    const engine = broken(({ onDrop: _onDrop, ...options }) => map.open(options));
    expect(await failures(engine)).toContain("keeps maxSize by fifo, and tells what it drops");
  });

  it("a store that shares its entries with others", async () => {
    const shared = map.open({ name: "shared", maxSize: 1e6, maxBytes: 1e9, policy: "lru", now: () => 0 });
    expect(await failures(broken(() => shared))).toContain("keeps two stores apart");
  });

  it("a store whose clear is a lie", async () => {
    const engine = broken((options) => ({ ...passOn(map.open(options)), clear: () => undefined }));
    expect(await failures(engine)).toContain("removes everything, and can be used after");
  });

  it("a store whose entries lose their times", async () => {
    const engine = broken((options) => {
      const store = map.open(options);
      return {
        ...passOn(store),
        set: (key, entry) => store.set(key, createEntry(entry.value, 0, 0, undefined, entry.size)),
      };
    });
    expect(await failures(engine)).toContain("gives back what it was given");
  });

  it("a store on disk that forgets what others removed", async () => {
    for (const { capabilities, name, ...engine } of known.filter(
      (one, i) => usable[i] && one.capabilities.persistent,
    )) {
      const deaf = {
        ...engine,
        name: "broken",
        capabilities,
        open: async (options: StoreOptions) => {
          const store = await (engines.named(name) as AsyncEngine).open(options);
          return { ...store, set: (key, entry) => store.set(key, entry) } satisfies AsyncStore;
        },
      } as Engine;
      expect(await failures(deaf)).toEqual(["keeps out what was made before others removed it"]);
    }
  });

  it("an engine that throws, of either kind", async () => {
    expect((await failures(chaosEngine(map))).length).toBeGreaterThan(10);
    expect((await failures(chaosEngine(thirdPartyAsync))).length).toBeGreaterThan(5);
  });

  function passOn(store: ReturnType<SyncEngine["open"]>): ReturnType<SyncEngine["open"]> {
    return {
      get: (key) => store.get(key),
      set: (key, entry) => store.set(key, entry),
      delete: (key) => store.delete(key),
      clear: () => store.clear(),
      size: () => store.size(),
      keys: () => store.keys(),
      close: () => store.close(),
    };
  }
});
