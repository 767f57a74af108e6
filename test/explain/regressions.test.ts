/** Explanations that said what the call after them did not do. */

import { afterEach, expect, it } from "vitest";
import { acache, closeCaches, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { defer } from "../support/deferred.js";
import { thirdPartyAsync } from "../support/engines.js";

afterEach(() => closeCaches());

it("a stale value that is served while a new one is made, and not for a failure, was called a fallback", () => {
  const clock = createFakeClock();
  let isDown = false;
  const f = mcache(
    (n: number) => {
      if (isDown) throw new Error("down");
      return n;
    },
    { ttl: 10, staleWhileRevalidate: 100, clock },
  );
  f(1);
  clock.advance(20);
  isDown = true;
  expect(f.cache.explain(1)).toMatchObject({ outcome: "miss", reason: "expired", hasFallback: false });
  expect(() => f(1)).toThrow("down");
});

it.each(["refresh", "set"] as const)(
  "a %s under way, which calls wait for, was passed over for what is there",
  async (change) => {
    const late = defer<number>();
    let runs = 0;
    const f = acache(
      async (_n: number): Promise<number> => {
        runs += 1;
        return runs === 1 ? 1 : late.promise;
      },
      { engine: thirdPartyAsync, maxSize: Number.POSITIVE_INFINITY, policy: "fifo" },
    );
    await f(1);
    const changed = change === "set" ? f.cache.set([1], late.promise as never) : f.cache.refresh(1);
    const found = await f.cache.explain(1);
    const { misses } = f.cache.stats();
    const called = f(1);
    late.resolve(2);
    expect(await called).toBe(2);
    await changed;
    expect(f.cache.stats().misses).toBe(misses + 1);
    expect(found).toMatchObject({ outcome: "miss", reason: "changing", isLoading: true });
    expect(found.tiers.map(({ state }) => state)).toEqual(["fresh"]);
    expect(await f.cache.explain(1)).toMatchObject({ outcome: "hit", isLoading: false });
  },
);
