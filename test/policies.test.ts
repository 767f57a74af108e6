import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SyncEngine, SyncStore } from "../src/contract/index.js";
import { engines } from "../src/engines/index.js";
import { createEntry } from "../src/entry.js";
import type { PolicyName } from "../src/policy/index.js";
import { seed } from "./support/random.js";

/** What a store did, as a plain list of keys: the slowest and plainest way to say what each policy means. */
interface Model {
  use(key: number): void;
  /** Adds a key; the one that had to leave, if any. */
  add(key: number): number | undefined;
  remove(key: number): void;
  clear(): void;
  keys(): readonly number[];
}

/** Each key with its uses, in the order in which it was added or last moved. */
function createModel(policy: PolicyName, maxSize: number, random: () => number): Model {
  let rows: { key: number; uses: number; since: number }[] = [];
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
    return rows[0]?.key;
  };
  return {
    use(key) {
      const row = find(key);
      if (row === undefined) return;
      time += 1;
      row.uses += 1;
      row.since = time;
      if (policy === "lru") rows = [...rows.filter((other) => other !== row), row];
    },
    add(key) {
      time += 1;
      const left = rows.length >= maxSize ? victim() : undefined;
      if (left !== undefined) drop(left);
      rows.push({ key, uses: 1, since: time });
      return left;
    },
    remove: drop,
    clear() {
      rows = [];
    },
    keys: () => rows.map(({ key }) => key),
  };
}

const entry = (value: unknown): ReturnType<typeof createEntry> => createEntry(value, 0, 0, undefined, 0);

/** Chance that both the store and the model follow, each at its own pace. */
function chances(numbers: readonly number[]): () => number {
  let next = 0;
  return () => {
    const number = numbers[next % numbers.length] ?? 0;
    next += 1;
    return number;
  };
}

const operation = fc.oneof(
  { weight: 50, arbitrary: fc.record({ op: fc.constant("get" as const), key: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 50, arbitrary: fc.record({ op: fc.constant("set" as const), key: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant("delete" as const), key: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant("peek" as const), key: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("clear" as const), key: fc.constant(0) }) },
);

const cases: readonly (readonly [engine: string, policy: PolicyName])[] = [
  ["map", "lru"],
  ["map", "fifo"],
  ["map", "lfu"],
  ["map", "rr"],
  ["lru", "lru"],
];

describe.each(cases)("%s by %s does what the naive model does", (name, policy) => {
  it("over any operations", () => {
    const engine = engines.named(name) as SyncEngine;
    const chance = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 5 });
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 300 }),
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
          for (const [i, { op, key }] of steps.entries()) {
            const known = model.keys().includes(key);
            if (op === "get") {
              expect(store.get(key) !== undefined).toBe(known);
              model.use(key);
            } else if (op === "peek") expect(store.peek?.(key) !== undefined).toBe(known);
            else if (op === "delete") {
              expect(store.delete(key)).toBe(known);
              model.remove(key);
            } else if (op === "clear") {
              store.clear();
              model.clear();
            } else {
              store.set(key, entry(i));
              if (known) model.use(key);
              else {
                const left = model.add(key);
                if (left !== undefined) expected.push([left, "evicted"]);
              }
              expect(store.peek?.(key)?.value).toBe(i);
            }
            expect(store.size()).toBe(model.keys().length);
            expect(new Set(store.keys())).toEqual(new Set(model.keys()));
          }
          expect(dropped).toEqual(expected);
        },
      ),
      { seed, numRuns: 400 },
    );
  });
});

describe("bounds in bytes", () => {
  it.each(cases)("%s by %s: never more than maxBytes, and nothing dropped without need", (name, policy) => {
    const engine = engines.named(name) as SyncEngine;
    const step = fc.record({ key: fc.integer({ min: 1, max: 20 }), size: fc.integer({ min: 1, max: 120 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
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
      { seed, numRuns: 300 },
    );
  });
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
