/** What `explain` says in prepared situations, on every engine; and that it leaves everything as it was. */

import { describe, expect, it, vi } from "vitest";
import { type AsyncCacheOptions, type Explanation, invalidateTags, withCache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer } from "../support/deferred.js";
import type { Load } from "../support/every-kind.js";
import { type Explained, type ExplainKind, explainKinds } from "../support/explain-kinds.js";
import { collectLog } from "../support/log.js";

collectLog();

/** A cached function, and what it is made of. */
interface Scene {
  readonly kind: ExplainKind;
  readonly f: Explained;
  readonly clock: ReturnType<typeof createFakeClock>;
  /** What the function gives, or throws, or waits for. */
  readonly source: { value: unknown; error: Error | undefined; gate: Deferred<void> | undefined; runs: number };
  /** Another cached function of the same options, changed: over the same entries, where they are on disk. */
  again(more: object): Explained;
}

/** Part of what is expected of an explanation. */
type Expected = Partial<Record<keyof Explanation | "reason" | "throws" | "refreshes" | "hasFallback", unknown>>;

interface Situation {
  readonly is: string;
  readonly options?: Partial<AsyncCacheOptions<Load>>;
  readonly on?: (kind: ExplainKind) => boolean;
  /** Makes the situation. */
  readonly when?: (scene: Scene) => unknown;
  /** In which block the question is asked. */
  readonly within?: object;
  readonly says: Expected | ((kind: ExplainKind) => Expected);
  /** Of the engine's tier. */
  readonly tier?: object | ((kind: ExplainKind) => object | undefined);
}

const trace = { trace: 50 };
const persistent = (kind: ExplainKind): boolean => kind.isPersistent;
const miss = (reason: string, more: object = {}): Expected => ({
  outcome: "miss",
  reason,
  hasFallback: false,
  ...more,
});
const uncached = (reason: string, why: unknown = expect.any(String)): Expected => ({
  outcome: "uncached",
  reason,
  why,
  key: undefined,
  tiers: [],
});
const canRevalidate = (kind: ExplainKind): boolean => !(kind.isPersistent && kind.isSync);
const absent = { state: "absent", age: undefined, timeLeft: undefined, bytes: undefined, tags: [] };
const fails = (scene: Scene): void => {
  scene.source.error = new Error("down");
};
const call = ({ f }: Scene): Promise<unknown> => f("a");

const situations: readonly Situation[] = [
  {
    is: "nothing was called yet",
    says: ({ isPersistent }) => ({
      ...miss(isPersistent ? "absent" : "never-stored"),
      engine: expect.objectContaining({ state: isPersistent ? "open" : "unopened" }),
      events: [],
    }),
  },
  {
    is: "it was stored, without a lifetime",
    when: call,
    says: { outcome: "hit", throws: false, refreshes: false, isLoading: false, why: "It is there, and fresh." },
    tier: ({ isPersistent }) => ({
      state: "fresh",
      timeLeft: Number.POSITIVE_INFINITY,
      age: isPersistent ? expect.any(Number) : undefined,
      bytes: isPersistent ? expect.any(Number) : undefined,
      isError: false,
      isUse: false,
    }),
    on: ({ engine }) => !engine.startsWith("third-party"),
  },
  {
    is: "it was stored, in an engine that cannot be asked without counting that as a use",
    when: call,
    says: { outcome: "hit" },
    tier: { state: "fresh", isUse: true },
    on: ({ engine }) => engine.startsWith("third-party"),
  },
  {
    is: "it was stored, with a lifetime",
    options: { ttl: 100 },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(30);
    },
    says: { outcome: "hit" },
    tier: { state: "fresh", age: 30, timeLeft: 70 },
  },
  { is: "another was stored", when: ({ f }) => f("b"), says: miss("absent"), tier: absent },
  {
    is: "its lifetime is over",
    options: { ttl: 100 },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(100);
    },
    says: miss("expired"),
    tier: { state: "over", age: 100, timeLeft: 0 },
  },
  {
    is: "its lifetime is over, and it may be served while it is revalidated",
    on: canRevalidate,
    options: { ttl: 100, staleWhileRevalidate: 100 },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(150);
    },
    says: { outcome: "stale", refreshes: true },
    tier: { state: "stale", age: 150, timeLeft: 0 },
  },
  {
    is: "its lifetime is over, and it may be served should the function fail",
    options: { ttl: 100, staleIfError: 100 },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(150);
    },
    says: miss("expired", { hasFallback: true }),
    tier: { state: "stale" },
  },
  {
    is: "the function has just failed, and a stale value is served for a while",
    options: { ttl: 100, staleIfError: { for: 1_000, backoff: 100 } },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(150);
      fails(scene);
      expect(await call(scene)).toBe("a 1");
    },
    says: { outcome: "stale", refreshes: false, why: expect.stringContaining("has just failed") },
  },
  {
    is: "a new value is due ahead of time",
    on: canRevalidate,
    options: { ttl: 100, refreshAhead: 0.5 },
    when: async (scene) => {
      await call(scene);
      scene.clock.advance(60);
    },
    says: { outcome: "hit", refreshes: true },
  },
  {
    is: "it was ended by expire, and kept for its uses",
    options: { ttl: 100, staleIfError: 100 },
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.expire("a");
    },
    says: miss("ended", { hasFallback: true }),
    tier: { state: "stale", timeLeft: 0 },
  },
  {
    is: "it was ended by expire, and is of no use",
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.expire("a");
    },
    says: miss("ended", { why: "It was ended by expire." }),
    tier: absent,
  },
  {
    is: "an error is kept",
    options: { cacheErrors: 100 },
    when: async (scene) => {
      fails(scene);
      await expect(call(scene)).rejects.toThrow("down");
    },
    says: { outcome: "hit", throws: true },
    tier: { state: "fresh", isError: true, timeLeft: 100 },
  },
  {
    is: "it has tags",
    options: { tags: (value) => ["all", String(value)] },
    when: call,
    says: { outcome: "hit" },
    tier: { tags: ["all", "a 1"] },
  },
  {
    is: "a tag of it was invalidated by the handle",
    options: { tags: ["one", "two"] },
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.invalidateTags("two", "three");
    },
    says: miss("invalidated", { why: 'It was invalidated: tag "two".' }),
    tier: { state: "invalidated", why: 'tag "two"', tags: ["one", "two"] },
  },
  {
    is: "a tag of it was invalidated everywhere",
    options: { tags: ["one"] },
    when: async (scene) => {
      await call(scene);
      await invalidateTags("one");
    },
    says: miss("invalidated"),
  },
  {
    is: "it was invalidated and, at the next call that failed, removed or left",
    options: { ...trace, tags: ["one"] },
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.invalidateTags("one");
      fails(scene);
      await call(scene).catch(() => undefined);
    },
    says: ({ isSync }) => (isSync ? miss("failed") : miss("invalidated")),
  },
  {
    is: "the function has a name space",
    options: { namespace: "tenant" },
    when: call,
    says: { outcome: "hit", key: { args: '"a"', namespace: "tenant", self: undefined } },
    tier: { tags: [] },
  },
  {
    is: "the block around has another name space",
    when: call,
    within: { namespace: "elsewhere" },
    says: { outcome: "miss", key: { args: '"a"', namespace: "elsewhere", self: undefined } },
  },
  {
    is: "the block around leaves the cache alone",
    when: call,
    within: { bypass: true },
    says: uncached("bypass"),
  },
  {
    is: "the block around asks for a new value",
    when: call,
    within: { refresh: true },
    says: miss("refresh"),
    tier: { state: "fresh" },
  },
  {
    is: "the option when says no",
    options: { when: ([key]) => key !== "a" },
    when: call,
    says: uncached("when"),
  },
  {
    is: "the option when fails",
    options: {
      when: () => {
        throw new Error("no idea");
      },
    },
    says: uncached("when", 'The option "when" failed: no idea'),
  },
  {
    is: "the option key fails",
    options: {
      key: () => {
        throw new Error("no idea");
      },
    },
    says: uncached("key", "No key can be made of the arguments: no idea"),
  },
  {
    is: "the option key says something else",
    options: { key: (key) => ({ id: [key, new Map([[1, key]])] }) },
    when: call,
    says: { outcome: "hit", key: { args: '{id: ["a", Map {1 => "a"}]}', namespace: undefined, self: undefined } },
  },
  {
    is: "the argument is ignored",
    options: { ignore: [0] },
    when: ({ f }) => f("b"),
    says: { outcome: "hit", key: { args: "", namespace: undefined, self: undefined } },
  },
  {
    is: "it was closed",
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.close();
    },
    says: { ...uncached("closed"), engine: expect.objectContaining({ state: "closed" }) },
  },
  {
    is: "every cache is switched off",
    when: () => vi.stubEnv("TWAT_CACHE_DISABLE", "1"),
    says: { ...uncached("disabled"), engine: expect.objectContaining({ state: "off" }) },
  },
  {
    is: "it was removed by delete",
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.delete("a");
    },
    says: miss("deleted", {
      why: "It was removed by delete.",
      events: [
        expect.objectContaining({ event: "stored", by: "load", key: '"a"' }),
        expect.objectContaining({ event: "removed", by: "delete", key: '"a"' }),
      ],
    }),
  },
  {
    is: "it was removed by clear",
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.clear();
    },
    says: miss("cleared"),
  },
  {
    is: "there was nothing of it when everything was cleared",
    options: trace,
    when: async ({ f }) => {
      await f("b");
      await f.cache.clear();
    },
    says: ({ isPersistent }) => miss(isPersistent ? "absent" : "never-stored"),
  },
  {
    is: "it was removed, and put in",
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.delete("a");
      await scene.f.cache.set(["a"], "new");
    },
    says: {
      outcome: "hit",
      events: [{}, {}, { event: "stored", by: "set" }].map((one) => expect.objectContaining(one)),
    },
  },
  {
    is: "it was refreshed",
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.refresh("a");
    },
    says: {
      outcome: "hit",
      events: [{}, { event: "stored", by: "refresh" }].map((one) => expect.objectContaining(one)),
    },
  },
  {
    is: "shouldCache said no",
    options: { ...trace, shouldCache: () => false },
    when: call,
    says: miss("refused", { why: expect.stringContaining('The option "shouldCache" said so') }),
  },
  {
    is: "a function given as an option failed",
    options: {
      ...trace,
      shouldCache: () => {
        throw new Error("no idea");
      },
    },
    when: call,
    says: miss("refused", { why: expect.stringContaining('The option "shouldCache" failed') }),
  },
  {
    is: "it lives for no time",
    options: { ...trace, ttl: 0 },
    when: call,
    says: miss("refused", { why: expect.stringContaining("over at once") }),
  },
  {
    is: "the value can be used only once",
    options: trace,
    when: (scene) => {
      scene.source.value = [1].values();
      return call(scene);
    },
    says: miss("refused", { why: expect.stringContaining("used more than once") }),
  },
  {
    is: "the value cannot be kept exactly",
    options: trace,
    on: persistent,
    when: (scene) => {
      scene.source.value = { run: () => 1 };
      return call(scene);
    },
    says: miss("refused"),
  },
  {
    is: "the function has failed",
    options: trace,
    when: async (scene) => {
      fails(scene);
      await call(scene).catch(() => undefined);
    },
    says: miss("failed", { events: [expect.objectContaining({ event: "failed", by: "load" })] }),
  },
  {
    is: "it was removed while it was made",
    options: trace,
    when: async (scene) => {
      scene.source.gate = defer();
      const called = call(scene);
      await vi.waitFor(() => expect(scene.source.runs).toBe(1));
      await scene.f.cache.delete("a");
      scene.source.gate.resolve();
      await called;
    },
    says: miss("refused", { why: expect.stringContaining("invalidated while it was made") }),
  },
  {
    is: "a load is under way",
    when: async (scene) => {
      scene.source.gate = defer();
      call(scene).catch(() => undefined);
      await vi.waitFor(() => expect(scene.source.runs).toBe(1));
    },
    says: { outcome: "miss", isLoading: true },
  },
  {
    is: "nothing of it was stored, and all is remembered",
    options: trace,
    when: ({ f }) => f("b"),
    says: ({ isPersistent }) => miss(isPersistent ? "absent" : "never-stored"),
  },
  {
    is: "what there was of it is forgotten",
    options: { trace: 2 },
    when: async (scene) => {
      await call(scene);
      await scene.f.cache.delete("a");
      for (const key of ["b", "c"]) await scene.f(key);
    },
    says: miss("absent", {
      why: expect.stringContaining("nothing is known of it among the 2 events"),
      events: [],
    }),
  },
  {
    is: "it was made by another version of the code",
    on: persistent,
    when: async (scene) => {
      await scene.again({ version: "the one before" })("a");
    },
    says: ({ knowsOtherCode }) => miss(knowsOtherCode ? "code-changed" : "absent"),
    tier: absent,
  },
  {
    is: "another call was made by another version of the code",
    on: persistent,
    when: async (scene) => {
      await scene.again({ version: "the one before" })("b");
    },
    says: miss("absent"),
  },
  {
    is: "it was made by a function of another name",
    on: persistent,
    when: async (scene) => {
      await scene.again({ name: "other", version: 2 })("a");
    },
    says: miss("absent"),
  },
  {
    is: "somebody else has removed it",
    on: persistent,
    options: trace,
    when: async (scene) => {
      await call(scene);
      await scene.again({}).cache.delete("a");
    },
    says: miss("gone", { why: expect.stringContaining("not by this cache") }),
  },
];

/** Hooks, none of which is to hear of an explanation. */
const hooks = (): Record<"onHit" | "onMiss" | "onSet" | "onEvict" | "onError", ReturnType<typeof vi.fn>> => ({
  onHit: vi.fn(),
  onMiss: vi.fn(),
  onSet: vi.fn(),
  onEvict: vi.fn(),
  onError: vi.fn(),
});

function sceneOn(kind: ExplainKind, options: object, heard: object): Scene {
  const clock = createFakeClock();
  const source: Scene["source"] = { value: undefined, error: undefined, gate: undefined, runs: 0 };
  const load: Load = async (key) => {
    source.runs += 1;
    const { runs } = source;
    await source.gate?.promise;
    if (source.error !== undefined) throw source.error;
    return source.value ?? `${key} ${runs}`;
  };
  const all = { clock, ...heard, ...options };
  const cacheDir = kind.isPersistent ? { cacheDir: kind.directory() } : {};
  const make = (more: object): Explained => kind.cached(load, { ...all, ...cacheDir, ...more } as never);
  return { kind, f: make({}), clock, source, again: make };
}

describe.each(explainKinds)("on $name", (kind) => {
  it.each(situations.filter(({ on = () => true }) => on(kind)))("$is", async (situation) => {
    const { options = {}, when, within, says, tier } = situation;
    const heard = hooks();
    const scene = sceneOn(kind, options, heard);
    try {
      await when?.(scene);
      const before = { stats: scene.f.cache.stats(), runs: scene.source.runs, events: scene.f.cache.trace() };
      for (const hook of Object.values(heard)) hook.mockClear();
      const asked = (): Explanation | Promise<Explanation> => scene.f.cache.explain("a");
      const answer = within === undefined ? asked() : withCache(within, async () => asked());
      if (within === undefined) expect(answer instanceof Promise).toBe(!kind.isSync);
      const explanation = await answer;
      expect(explanation).toMatchObject(typeof says === "function" ? says(kind) : says);
      expect(explanation.engine.name).toBe(kind.engine);
      const expected = typeof tier === "function" ? tier(kind) : tier;
      // Where there are several places, they are looked at one by one in routed.test.ts.
      if (expected !== undefined && !kind.engine.includes("+")) {
        expect(explanation.tiers.at(-1)).toMatchObject({ name: kind.engine, isFront: false, ...expected });
        expect(explanation.tiers.length).toBe(kind.hasFront ? 2 : 1);
      }
      // It is as if nobody had asked.
      const after = { stats: scene.f.cache.stats(), runs: scene.source.runs, events: scene.f.cache.trace() };
      const opens = before.stats.engine === undefined;
      expect(
        opens ? { ...after, stats: { ...after.stats, engine: undefined, maxSize: undefined, size: undefined } } : after,
      ).toEqual(before);
      for (const hook of Object.values(heard)) expect(hook).not.toHaveBeenCalled();
      if (within === undefined)
        expect(await scene.f.cache.explain("a")).toMatchObject({ outcome: explanation.outcome });
    } finally {
      scene.source.gate?.resolve();
      vi.unstubAllEnvs();
    }
  });
});
