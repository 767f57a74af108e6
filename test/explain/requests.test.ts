/** What is explained inside a block is what a call inside it would do. */

import { afterEach, describe, expect, it } from "vitest";
import { acache, closeCaches, createCache, explain, mcache, withCache } from "../../src/index.js";
import { collectLog } from "../support/log.js";

collectLog();
afterEach(() => closeCaches());

describe("inside a request", () => {
  it("is said what the request has, and outside what the function has", async () => {
    const user = acache(async (id: number) => ({ id }), { trace: 10 });
    await user(1);
    await withCache({ scope: "request" }, async () => {
      expect(user.cache.explain(1)).toMatchObject({ outcome: "miss" });
      await user(1);
      await user(2);
      expect(explain(user, 1)).toMatchObject({ outcome: "hit" });
      expect(user.cache.explain(2)).toMatchObject({ outcome: "hit" });
    });
    expect(user.cache.explain(1)).toMatchObject({ outcome: "hit" });
    expect(user.cache.explain(2)).toMatchObject({ outcome: "miss" });
  });

  it("two requests are told apart", async () => {
    const area = mcache((width: number) => width * width);
    const outcomes = await Promise.all(
      [true, false].map((calls) =>
        withCache({ scope: "request" }, async () => {
          if (calls) area(3);
          await new Promise((resolve) => setImmediate(resolve));
          return area.cache.explain(3).outcome;
        }),
      ),
    );
    expect(outcomes).toEqual(["hit", "miss"]);
  });
});

describe("what a block says", () => {
  it.each([
    [{ bypass: true }, "uncached"],
    [{ namespace: "acme" }, "miss"],
    [{ ttl: "1m" }, "hit"],
  ] as const)("%o: %s", async (rules, outcome) => {
    const area = mcache((width: number) => width * width);
    area(3);
    expect(await withCache(rules, () => area.cache.explain(3).outcome)).toBe(outcome);
    expect(area.cache.explain(3).outcome).toBe("hit");
  });

  it("functions of a world of caches are explained like any other", () => {
    const { mcache: own } = createCache({ ttl: "1m" });
    const area = own((width: number) => width * width);
    area(3);
    expect(explain(area, 3)).toMatchObject({ outcome: "hit", tiers: [{ name: "lru", state: "fresh" }] });
    expect(explain(area, 4).outcome).toBe("miss");
  });
});
