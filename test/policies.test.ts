import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SyncEngine, SyncStore } from "../src/contract/index.js";
import { engines } from "../src/engines/index.js";
import { createEntry, EXPIRES, SLIDES } from "../src/entry.js";
import type { PolicyName } from "../src/policy/index.js";
import { seed } from "./support/random.js";

/** What a store did, as a plain list of keys: the slowest and plainest way to say what each policy means. */
interface Model {
  use(key: number): void;
  /** Adds a key that ends then; the one that had to leave, if any. */
  add(key: number, end: number): number | undefined;
  /** The value of a key is replaced by one that ends then. */
  replace(key: number, end: number): void;
  /** The end of a key is put off. */
  putOff(key: number, end: number): void;
  remove(key: number): void;
  clear(): void;
  keys(): readonly number[];
}

/** Each key with its uses, in the order in which it was added or last moved. */
function createModel(policy: PolicyName, maxSize: number, random: () => number): Model {
  let rows: { key: number; uses: number; since: number; end: number; written: number }[] = [];
  /** Random replacement takes the place of a removed key with the last one; the order is part of the outcome. */
  let time = 0;
  const find = (key: number): (typeof rows)[number] | undefined => rows.find((row) => row.key === key);
  const drop = (key: number): void => {
    const place = rows.findIndex((row) => row.key === key);
    if (place < 0) return;
    const last = rows.at(-1);
    if (policy === "rr" && last !== undefined) {
      rows[place] = last;
      rows.pop();
    } else rows.splice(place, 1);
  };
  const victim = (): number | undefined => {
    if (policy === "rr") return rows[Math.floor(random() * rows.length)]?.key;
    if (policy === "lfu") return [...rows].sort((a, b) => a.uses - b.uses || a.since - b.since)[0]?.key;
    if (policy === "ttl") return [...rows].sort((a, b) => a.end - b.end || a.written - b.written)[0]?.key;
    return rows.at(policy === "mru" || policy === "lifo" ? -1 : 0)?.key;
  };
  return {
    use(key) {
      const row = find(key);
      if (row === undefined) return;
      time += 1;
      row.uses += 1;
      row.since = time;
      if (policy === "lru" || policy === "mru") rows = [...rows.filter((other) => other !== row), row];
    },
    replace(key, end) {
      this.use(key);
      const row = find(key);
      if (row !== undefined) Object.assign(row, { end, written: time });
    },
    putOff(key, end) {
      const row = find(key);
      if (row !== undefined) row.end = Math.max(row.end, end);
    },
    add(key, end) {
      time += 1;
      const left = rows.length >= maxSize ? victim() : undefined;
      if (left !== undefined) drop(left);
      rows.push({ key, uses: 1, since: time, end, written: time });
      return left;
    },
    remove: drop,
    clear() {
      rows = [];
    },
    keys: () => rows.map(({ key }) => key),
  };
}

/** Ends that are often equal, as of values that are stored together; each third value has none. */
const END = fc.oneof(
  fc.constant(Number.POSITIVE_INFINITY),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 900 }),
);

function entry(value: unknown, end: number): ReturnType<typeof createEntry> {
  if (end === Number.POSITIVE_INFINITY) return createEntry(value, 0, 0, undefined, 0);
  return createEntry(value, EXPIRES + SLIDES, 0, end, 0);
}

/** Chance that both the store and the model follow, each at its own pace. */
function chances(numbers: readonly number[]): () => number {
  let next = 0;
  return () => {
    const number = numbers[next % numbers.length] ?? 0;
    next += 1;
    return number;
  };
}

const KEY = fc.integer({ min: 1, max: 14 });
const operation = fc.oneof(
  { weight: 50, arbitrary: fc.record({ op: fc.constant("get" as const), key: KEY, end: END }) },
  { weight: 50, arbitrary: fc.record({ op: fc.constant("set" as const), key: KEY, end: END }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant("delete" as const), key: KEY, end: END }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant("peek" as const), key: KEY, end: END }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant("slide" as const), key: KEY, end: END }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("clear" as const), key: KEY, end: END }) },
);

const cases: readonly (readonly [engine: string, policy: PolicyName])[] = [
  ["map", "lru"],
  ["map", "fifo"],
  ["map", "lfu"],
  ["map", "rr"],
  ["map", "mru"],
  ["map", "lifo"],
  ["map", "ttl"],
  ["lru", "lru"],
];

describe.each(cases)("%s by %s does what the naive model does", (name, policy) => {
  it("over any operations", () => {
    const engine = engines.named(name) as SyncEngine;
    const chance = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 5 });
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 300, size: "max" }),
        fc.integer({ min: 1, max: 12 }),
        chance,
        (steps, maxSize, numbers) => {
          const dropped: unknown[] = [];
          const expected: unknown[] = [];
          const store: SyncStore = engine.open({
            name: "model",
            maxSize,
            maxBytes: Number.POSITIVE_INFINITY,
            policy,
            now: () => 0,
            random: chances(numbers),
            onDrop: (key, _entry, reason) => void dropped.push([key, reason]),
          });
          const model = createModel(policy, maxSize, chances(numbers));
          for (const [i, { op, key, end }] of steps.entries()) {
            const known = model.keys().includes(key);
            if (op === "get") {
              expect(store.get(key) !== undefined).toBe(known);
              model.use(key);
            } else if (op === "peek") expect(store.peek?.(key) !== undefined).toBe(known);
            else if (op === "slide") {
              const slid = store.get(key);
              model.use(key);
              if (slid === undefined || slid.expiresAt === undefined || end === Number.POSITIVE_INFINITY) continue;
              slid.expiresAt = Math.max(slid.expiresAt, end);
              model.putOff(key, end);
            } else if (op === "delete") {
              expect(store.delete(key)).toBe(known);
              model.remove(key);
            } else if (op === "clear") {
              store.clear();
              model.clear();
            } else {
              store.set(key, entry(i, end));
              if (known) model.replace(key, end);
              else {
                const left = model.add(key, end);
                if (left !== undefined) expected.push([left, "evicted"]);
              }
              expect(store.peek?.(key)?.value).toBe(i);
            }
            expect(store.size()).toBe(model.keys().length);
            expect([...store.keys()].sort().join()).toBe([...model.keys()].sort().join());
          }
          expect(dropped).toEqual(expected);
        },
      ),
      { seed, numRuns: 100 },
    );
  });
});

describe("bounds in bytes", () => {
  it.each(cases)("%s by %s: never more than maxBytes, and nothing dropped without need", (name, policy) => {
    const engine = engines.named(name) as SyncEngine;
    const step = fc.record({ key: fc.integer({ min: 1, max: 20 }), size: fc.integer({ min: 1, max: 120 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
        let room = 0;
        const held = new Map<unknown, number>();
        const store = engine.open({
          name: "bytes",
          maxSize: 1_000,
          maxBytes: 100,
          policy,
          now: () => 0,
          onDrop(key, entry) {
            const size = entry?.size ?? Number.NaN;
            expect(room, "something was dropped although there was room").toBeGreaterThan(100);
            room -= size;
            held.delete(key);
          },
        });
        for (const { key, size } of steps) {
          room = [...held].reduce((sum, [other, bytes]) => sum + (other === key ? 0 : bytes), size);
          const kept = store.set(key, createEntry(key, 0, 0, undefined, size));
          expect(kept).toBe(size <= 100);
          if (kept) held.set(key, size);
          else held.delete(key);
          const bytes = [...store.keys()].reduce((sum: number, one) => sum + (store.peek?.(one)?.size ?? 0), 0);
          expect(bytes).toBeLessThanOrEqual(100);
          expect(new Set(store.keys())).toEqual(new Set(held.keys()));
        }
      }),
      { seed, numRuns: 60 },
    );
  });
});

it("a clock that fails made the policy ttl look for an entry that leaves for ever", () => {
  const dropped: unknown[] = [];
  const store = (engines.named("map") as SyncEngine).open({
    name: "no time",
    maxSize: 2,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "ttl",
    now: () => Number.NaN,
    onDrop: (key) => void dropped.push(key),
  });
  let reads = 0;
  const ending = (read: () => number) => {
    const made = createEntry(0, EXPIRES, 0, undefined, 0);
    const get = (): number => {
      reads += 1;
      if (reads > 1_000) throw new Error("for ever");
      return read();
    };
    return Object.defineProperty(made, "expiresAt", { get });
  };
  let now = 20;
  store.set(
    "a",
    ending(() => 10),
  );
  // Its end was known, and is not any more.
  store.set(
    "b",
    ending(() => now),
  );
  now = Number.NaN;
  for (const key of ["c", "d"])
    store.set(
      key,
      ending(() => Number.NaN),
    );
  expect([dropped, [...store.keys()]]).toEqual([
    ["a", "c"],
    ["b", "d"],
  ]);
});

describe("what expired does not stay for ever", () => {
  it("in an unbounded map: writes sweep it", () => {
    let now = 0;
    const reasons: string[] = [];
    const store = (engines.named("map") as SyncEngine).open({
      name: "sweep",
      maxSize: Number.POSITIVE_INFINITY,
      maxBytes: Number.POSITIVE_INFINITY,
      policy: "lru",
      now: () => now,
      onDrop: (_key, _entry, reason) => void reasons.push(reason),
    });
    for (let i = 1; i <= 50_000; i += 1) {
      now += 1;
      store.set(i, createEntry(i, 2, now, now + 100, 0));
      // A hundred are alive; the walk around the map takes two steps a write.
      expect(store.size()).toBeLessThanOrEqual(310);
    }
    expect(reasons.length).toBe(50_000 - store.size());
    expect(new Set(reasons)).toEqual(new Set(["expired"]));
  });
});
