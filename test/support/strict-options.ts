/** Options of every kind, in all combinations that are allowed, with functions that fail at random. */

import type { Harm } from "./strict-harm.js";

/** What the options are for. */
export interface Purpose {
  /** Entries may be on disk. */
  readonly isDisk: boolean;
  /** The engine is `lru` or `map`, which can do more than others. */
  readonly isOurs: boolean;
  /** `sync: true`. */
  readonly isSync: boolean;
  /** `softTimeout` and `hardTimeout`. */
  readonly limits: readonly [soft: number | string, hard: number | string] | readonly [];
}

/** An option, or none: each is there more often than not. */
type Maybe = <T>(option: T) => T | undefined;

export type Options = Record<string, unknown>;

/** Draws options. `act` is what hooks do besides: something with the cache that tells them. */
export function drawOptions(harm: Harm, purpose: Purpose, act: () => void): Options {
  const maybe: Maybe = (option) => (harm.chance(0.7) ? option : undefined);
  const hasIdle = !purpose.isDisk && purpose.isOurs && harm.chance(0.15);
  return {
    ...lifetimes(harm, maybe),
    ...(hasIdle ? { idle: 5 } : stages(harm, maybe, purpose)),
    ...choices(harm, maybe, purpose),
    ...hooks(harm, maybe, act),
    engineTimeout: 20,
    breaker: harm.pick<unknown>([false, { threshold: 2, pause: 10 }, undefined]),
    clock: harm.chance(0.2) ? brokenClock(harm) : harm.pick(["tick", "exact"]),
  };
}

function lifetimes(harm: Harm, maybe: Maybe): Options {
  const ttl = harm.spoilt("ttl", () => harm.pick<unknown>([0, 3, "10ms", "1h", undefined]));
  const expiresAt = harm.spoilt("expiresAt", () => harm.pick<unknown>([undefined, Date.now() + 5, new Date(2e13)]));
  return {
    ttl: harm.pick<unknown>([ttl, ttl, 3, "1h"]),
    expiresAt: harm.chance(0.3) ? expiresAt : undefined,
    jitter: maybe(0.5),
    negativeTtl: harm.pick<unknown>([
      5,
      { ttl: 5, when: harm.spoilt("negativeTtl", (value: unknown) => value === null) },
      undefined,
    ]),
    cacheErrors: harm.pick<unknown>([5, { ttl: 5, when: harm.spoilt("cacheErrors", () => true) }, undefined]),
    minCost: harm.chance(0.2) ? 1 : undefined,
  };
}

function stages(harm: Harm, maybe: Maybe, { isDisk, isSync, limits: [softTimeout, hardTimeout] }: Purpose): Options {
  const staleIfError = maybe(harm.pick<unknown>(["1h", 10, { for: "1h", backoff: 3 }]));
  if (isSync) return { staleIfError };
  return {
    staleIfError,
    staleWhileRevalidate: maybe(harm.pick<unknown>(["1h", 10])),
    refreshAhead: maybe(0.3),
    ...(isDisk && { lock: maybe(harm.pick<unknown>([true, { wait: 30, lease: 10 }])) }),
    softTimeout: staleIfError === undefined ? undefined : softTimeout,
    hardTimeout,
    waitUntil: maybe(harm.spoilt("waitUntil", (_background: Promise<void>) => undefined)),
  };
}

function choices(harm: Harm, maybe: Maybe, { isDisk, isOurs }: Purpose): Options {
  // A key that is not true makes two calls one: that would be the fault of who says so.
  const honest = { isHonest: true };
  const key = harm.spoilt("key", (key: string) => key, honest);
  const ignore = harm.spoilt("ignore", (_argument: unknown, position: number) => position > 0, honest);
  const sizes = { maxBytes: 2_000, sizeOf: harm.spoilt("sizeOf", () => 100) };
  return {
    ...harm.pick<Options>([{ key }, { ignore }, { ignore: [1] }, {}]),
    ...(!isDisk && isOurs && harm.chance(0.5) ? sizes : {}),
    ...(isDisk ? {} : { clone: harm.pick(["none", "structured", "freeze"]) }),
    when: maybe(harm.spoilt("when", () => harm.chance(0.9))),
    shouldCache: maybe(harm.spoilt("shouldCache", () => harm.chance(0.9))),
    signalOf: maybe(harm.spoilt("signalOf", (args: readonly unknown[]) => args[1])),
    tags: harm.pick<unknown>([
      ["a", "b"],
      harm.spoilt("tags", (_value: unknown, key: string) => [String(key)]),
      undefined,
    ]),
    namespace: harm.chance(0.2) ? "strict" : undefined,
    thisKey: harm.chance(0.2) ? harm.spoilt("thisKey", () => "this") : undefined,
  };
}

function hooks(harm: Harm, maybe: Maybe, act: () => void): Options {
  const hook = (name: string): unknown =>
    maybe(
      harm.spoilt(name, async () => {
        if (harm.chance(0.05)) act();
      }),
    );
  return Object.fromEntries(["onHit", "onMiss", "onSet", "onEvict", "onError"].map((name) => [name, hook(name)]));
}

function brokenClock(harm: Harm): unknown {
  const read = (name: string): unknown => harm.spoilt(name, () => Date.now(), { probability: 0.05 });
  return { now: read("now"), ...(harm.chance(0.5) && { tick: read("tick") }) };
}
