/** Blocks: a cache for a stretch of a program, and a word to the cached functions that are called inside. */

import { CacheContext, getOrCreateEngine, mcache, withCache } from "twat-cache";

let runs = 0;
const rate = mcache((currency: string) => `${currency} at ${++runs}`);
rate("EUR");

// A cache with keys and values, closed at the end.
await withCache({ maxSize: 100, ttl: "1m" }, async (cache) => {
  await cache.set({ user: 7 }, "by value");
  console.log(await cache.get({ user: 7 })); // => by value
  const double = cache.wrap((n: number) => 2 * n);
  console.log(await double(21), await cache.getOrSet("answer", () => 42)); // => 42 42
});

// Cached functions follow the block that they are called in.
await withCache({ bypass: true }, () => console.log(rate("EUR"))); // => EUR at 2
await withCache({ refresh: true }, () => console.log(rate("EUR"))); // => EUR at 3
await withCache({ namespace: "tenant 1" }, () => console.log(rate("EUR"), rate("EUR"))); // => EUR at 4 EUR at 4
console.log(rate("EUR")); // => EUR at 3

// By hand, or by `using`.
{
  await using context = new CacheContext({ engine: "map" });
  const cache = context.enter();
  await cache.set("k", 1);
  console.log(await cache.has("k"), cache.engine); // => true map
}

// Shared by everyone who asks for the same options.
const [one, two] = [getOrCreateEngine({ maxSize: 10 }), getOrCreateEngine({ maxSize: 10 })];
console.log(one === two); // => true
await Promise.all([one.close(), two.close()]);
