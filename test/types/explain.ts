/** What must infer, and what must not compile, of explanations. Checked by tsc; never run. */

import {
  acache,
  bcache,
  cacheOf,
  type Explanation,
  explain,
  type MissReason,
  mcache,
  type TraceEvent,
  type UncachedReason,
  withCache,
} from "twat-cache";

/** True only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expectType<T extends true>(..._proof: T[]): void {}

// At once where the engine answers at once, otherwise later.
const area = mcache((width: number, unit?: "m" | "ft") => `${width} ${unit}`, { trace: 10 });
const shared = acache(async (id: number) => id);
const kept = bcache((text: string) => text.length);
const atOnce = bcache((text: string) => text.length, { sync: true });
expectType<Same<ReturnType<typeof area.cache.explain>, Explanation>>();
expectType<Same<ReturnType<typeof shared.cache.explain>, Explanation>>();
expectType<Same<ReturnType<typeof kept.cache.explain>, Promise<Explanation>>>();
expectType<Same<ReturnType<typeof atOnce.cache.explain>, Explanation>>();
expectType<Same<ReturnType<typeof area.cache.trace>, readonly TraceEvent[]>>();
expectType<Same<ReturnType<typeof kept.cache.trace>, readonly TraceEvent[]>>();
const now = explain(area, 1, "m");
const later = explain(kept, "a");
expectType<Same<typeof now, Explanation>>();
expectType<Same<typeof later, Promise<Explanation>>>();

// The arguments are the function's own.
area.cache.explain(1);
// @ts-expect-error a width is a number
area.cache.explain("1");
// @ts-expect-error there is no such unit
explain(area, 1, "km");
// @ts-expect-error a text is missing
kept.cache.explain();
// @ts-expect-error a function has to be given
explain("area", 1);

// The outcome says what else there is.
if (now.outcome === "hit") expectType<Same<typeof now.throws, boolean>>();
if (now.outcome === "stale") expectType<Same<typeof now.refreshes, boolean>>();
if (now.outcome === "miss") expectType<Same<typeof now.reason, MissReason>>();
if (now.outcome === "uncached") expectType<Same<typeof now.reason, UncachedReason>>();
// @ts-expect-error a hit has no reason to be none
if (now.outcome === "hit") console.log(now.reason);
// @ts-expect-error it is not to be changed
now.outcome = "miss";
// @ts-expect-error values are in no event
console.log(area.cache.trace()[0]?.value);

class Repo {
  find(id: number): number {
    return id;
  }
}
const found = cacheOf(new Repo(), "find").explain(1);
expectType<Same<typeof found, Explanation | Promise<Explanation>>>();

// @ts-expect-error a number of events
mcache((n: number) => n, { trace: true });
// @ts-expect-error a block explains nothing
withCache({ trace: 10 }, () => 1);
