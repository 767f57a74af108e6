/** Decorators of one's own, made of ours: presets, environments, flags, contexts; and an eye on how well they do. */

import { type AnyFunction, type BlockCache, CacheContext, type CacheOptions, getStats, mcache } from "twat-cache";

// Options for each environment are plain objects.
const environments = {
  development: { maxSize: 10, ttl: "1s" },
  production: { maxSize: 10_000, ttl: "1h" },
} as const;
const environment = process.env.NODE_ENV === "production" ? "production" : "development";
const rate = mcache((currency: string) => currency.length, environments[environment]);
rate("EUR");
console.log(rate.cache.stats().maxSize); // => 10

// A decorator for each preset: what `mcache(options)` returns wraps any number of functions.
const presets = {
  brief: mcache({ maxSize: 100, ttl: "10s" }),
  long: mcache({ maxSize: 1_000, ttl: "1h" }),
  hot: mcache({ maxSize: 50, policy: "lfu" }),
};
const [square, cube] = [presets.hot((n: number) => n * n), presets.hot((n: number) => n ** 3)];
square(3);
console.log(square(3), cube(3), square.cache.engine); // => 9 27 map

// Cached or not, by a flag. TWAT_CACHE_DISABLE=1 turns all caches off, without a word in the code.
function cachedIf<F extends AnyFunction>(flag: boolean, fn: F, options?: CacheOptions<F>): F {
  return flag ? mcache(fn, options ?? {}) : fn;
}
let runs = 0;
const plain = cachedIf(false, () => ++runs);
const cached = cachedIf(true, () => ++runs);
console.log(plain(), plain(), cached(), cached()); // => 1 2 3 3

// For single calls: `when` says whether a call uses the cache, `shouldCache` whether its result is kept.
const search = mcache((text: string, _fresh = false) => (text === "" ? [] : [text, ++runs]), {
  ignore: [1],
  when: ([, fresh]) => fresh !== true,
  shouldCache: (found) => found.length > 0,
});
search("a");
console.log(search("a").length, search("a", true).length, search.cache.stats().bypasses); // => 2 2 1

// A decorator that is made of a context: everything that it wraps is closed with it.
function decoratorOf(cache: BlockCache) {
  return <A extends unknown[], R>(fn: (...args: A) => R) => cache.wrap(fn);
}
await using context = new CacheContext({ engine: "map", maxSize: 100 });
const withCustomCache = decoratorOf(context.enter());
const double = withCustomCache((n: number) => 2 * n);
await double(4);
console.log(await double(4), context.engine?.stats().hits); // => 8 1

// Which caches do badly.
function poorCaches(least: number): string[] {
  return getStats()
    .caches.filter(({ hits, misses, hitRatio }) => hits + misses >= 100 && hitRatio < least)
    .map(({ name, hitRatio }) => `${name} answers ${Math.round(100 * hitRatio)} %`);
}
const random = mcache((n: number) => n, { name: "random" });
for (let n = 0; n < 150; n += 1) random(n % 100);
console.log(poorCaches(0.8).join()); // => random answers 33 %
