/** Random stacks of layers: what holds is what a plain object says, by what is told and by what the cache does. */

import { expect, it } from "vitest";
import { type CacheOptions, getEffectiveConfig, mcache, setDefaults, withCache } from "../../src/index.js";
import { createFakeClock, type FakeClock } from "../../src/testing/index.js";
import { useConfiguration } from "../support/configuration.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const STACKS = 220;

const lines = collectLog();
const { set, file } = useConfiguration();
const random = createRandom(seed);
const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

type Options = Record<string, unknown>;

const values: Readonly<Record<string, readonly unknown[]>> = {
  maxSize: [2, 3, 5, 8],
  ttl: [1_000, "2s", "1m", Number.POSITIVE_INFINITY],
  policy: ["lru", "fifo", "lfu"],
  clone: ["none", "structured", "freeze"],
  namespace: ["a", "b"],
  engineTimeout: [50, "1s"],
  fallback: [true],
  engine: ["map", "functools"],
  staleIfError: ["1h"],
  minCost: [0],
  breaker: [false],
};
const variables: Readonly<Record<string, string>> = {
  maxSize: "MAXSIZE",
  ttl: "TTL",
  policy: "POLICY",
  engineTimeout: "ENGINE_TIMEOUT",
  engine: "ENGINE",
};
/** What a block says to the calls inside it, and what concerns one function, is no default of a block. */
const NOT_IN_BLOCKS = ["ttl", "namespace", "staleIfError", "minCost"];
const BUILT_IN: Options = {
  maxSize: 1_000,
  ttl: Number.POSITIVE_INFINITY,
  policy: "lru",
  clone: "none",
  engineTimeout: "100ms",
  fallback: true,
  breaker: { threshold: 5, pause: "1s" },
};

/** Some options, each with one of its values. */
function some(allowed: (name: string) => boolean = () => true): Options {
  const names = Object.keys(values).filter((name) => allowed(name) && random() < 0.3);
  return Object.fromEntries(names.map((name) => [name, oneOf(values[name] as readonly unknown[])]));
}

const forFile = (options: Options): Options =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, value === Infinity ? "Infinity" : value]));

/** What holds, and where it comes from: the first that says something. */
function model(layers: readonly (readonly [from: string, options: Options])[]): Record<string, unknown> {
  const told = Object.keys(values).map((name) => {
    const [from, options] = layers.find(([, said]) => said[name] !== undefined) ?? ["built-in", BUILT_IN];
    const value = options[name] === "functools" ? "map" : options[name];
    return [name, { value, from }];
  });
  return Object.fromEntries(told);
}

const MILLISECONDS: Readonly<Record<string, number>> = { "2s": 2_000, "1m": 60_000 };

/** Whether a cache keeps what the model says: how many, for how long, and which leaves first. */
function expectKept(cached: (n: number) => unknown, held: Options, clock: FakeClock, runs: () => number): void {
  const { maxSize, ttl, policy } = held as { maxSize: number; ttl: number | string; policy: string };
  const ran = (n: number): boolean => {
    const before = runs();
    cached(n);
    return runs() > before;
  };
  const lifetime = typeof ttl === "string" ? (MILLISECONDS[ttl] as number) : ttl;
  expect([ran(0), ran(0)]).toEqual([true, false]);
  clock.advance(Math.min(lifetime, 1e9) - 1);
  expect(ran(0), "just before it is over").toBe(false);
  clock.advance(1);
  expect(ran(0), "when it is over").toBe(lifetime < Infinity);
  for (let n = 1; n < maxSize; n += 1) ran(n);
  // The first is asked for again, often: only by the order of writes it is the next to leave.
  for (let times = 0; times < 5; times += 1) ran(0);
  ran(maxSize);
  expect(ran(0), policy).toBe(policy === "fifo");
}

it(`${STACKS} random stacks`, async () => {
  let behaved = 0;
  for (let round = 0; round < STACKS; round += 1) {
    const own = some();
    const block = some((name) => !NOT_IN_BLOCKS.includes(name));
    const environment = some((name) => name in variables);
    const [section, all, defaults] = [some(), some(), some()];
    const name = `model-${round}`;
    for (const variable of Object.values(variables)) delete process.env[`TWAT_CACHE_${variable}`];
    set(Object.fromEntries(Object.entries(environment).map(([key, value]) => [variables[key], String(value)])));
    const sections: Readonly<Record<string, Options>> =
      random() < 0.8 ? { [name]: forFile(section), "someone else": forFile(some()) } : {};
    file({ ...forFile(all), caches: sections });
    setDefaults(defaults);

    let count = 0;
    const clock = createFakeClock();
    const make = () => mcache((n: number) => ({ n, run: ++count }), { ...own, name, clock } as CacheOptions);
    const inBlock = random() < 0.5;
    const cached = inBlock ? await withCache(block, make) : make();
    const expected = model([
      ["option", own],
      ["block", inBlock ? block : {}],
      ["environment", environment],
      ["file", sections[name] === undefined ? {} : section],
      ["file", all],
      ["defaults", defaults],
    ]);
    const told = (): Options => {
      const { options } = getEffectiveConfig(cached);
      return Object.fromEntries(Object.keys(values).map((option) => [option, options[option]]));
    };
    expect(told(), `round ${round}, before the first call`).toEqual(expected);
    const held = Object.fromEntries(
      Object.entries(expected).map(([option, one]) => [option, (one as { value: unknown }).value]),
    );
    if (Number(held.maxSize) < 100) {
      behaved += 1;
      expectKept(cached, held, clock, () => count);
    } else {
      cached(1);
    }
    setDefaults({});
    expect(told(), `round ${round}, after it`).toEqual(expected);
    expect(cached.cache.stats().maxSize).toBe(held.maxSize);
  }
  expect(lines).toEqual([]);
  expect(behaved, "stacks with room for few, which were filled").toBeGreaterThan(STACKS / 2);
});
