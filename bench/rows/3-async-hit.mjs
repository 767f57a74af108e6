/** A hit of an asynchronous function, awaited: one string argument, 1,024 keys. */

const inputs = Array.from({ length: 1_024 }, (_, i) => `user:${i}`);
const compute = async (key) => ({ key });
const max = 2_000;
const minute = 60_000;
const ours = "../../dist/index.js";

export const row = {
  title: "Hit of an asynchronous function",
  anchor: "promise in a Map",
  inputs,
  asynchronous: true,
  subjects: {
    "promise in a Map": {
      async make() {
        const map = new Map();
        return (key) => {
          let promise = map.get(key);
          if (promise === undefined) {
            promise = compute(key);
            map.set(key, promise);
          }
          return promise;
        };
      },
    },
    "twat-cache mcache": {
      ours: true,
      limit: 1.5,
      async make() {
        const { mcache } = await import(ours);
        return mcache(compute, { maxSize: max });
      },
    },
    "twat-cache acache, ttl": {
      ours: true,
      limit: 1.5,
      async make() {
        const { acache } = await import(ours);
        return acache(compute, { maxSize: max, ttl: "1m" });
      },
    },
    "lru-cache fetch": {
      async make() {
        const { LRUCache } = await import("lru-cache");
        const cache = new LRUCache({ max, fetchMethod: compute });
        return (key) => cache.fetch(key);
      },
    },
    "p-memoize": {
      async make() {
        const { default: pMemoize } = await import("p-memoize");
        return pMemoize(compute);
      },
    },
    "async-cache-dedupe": {
      async make() {
        const { createCache } = await import("async-cache-dedupe");
        const cache = createCache({ ttl: 60, storage: { type: "memory", options: { size: max } } });
        cache.define("compute", compute);
        return (key) => cache.compute(key);
      },
    },
    "cache-manager wrap": {
      async make() {
        const { createCache } = await import("cache-manager");
        const cache = createCache();
        return (key) => cache.wrap(key, () => compute(key), minute);
      },
    },
    cachified: {
      async make() {
        const { cachified } = await import("@epic-web/cachified");
        const cache = new Map();
        return (key) => cachified({ key, cache, ttl: minute, getFreshValue: () => compute(key) });
      },
    },
    bentocache: {
      async make() {
        const { BentoCache, bentostore } = await import("bentocache");
        const { memoryDriver } = await import("bentocache/drivers/memory");
        const cache = new BentoCache({
          default: "memory",
          stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: max })) },
        });
        return (key) => cache.getOrSet({ key, factory: () => compute(key), ttl: minute });
      },
    },
    "cacheable wrap": {
      async make() {
        const { Cacheable } = await import("cacheable");
        return new Cacheable().wrap(compute, { ttl: minute, keyPrefix: "compute" });
      },
    },
  },
  claims: [
    { faster: "twat-cache mcache", than: ["cache-manager wrap"], times: 5 },
    {
      faster: "twat-cache mcache",
      than: ["p-memoize", "async-cache-dedupe", "cachified", "bentocache", "cacheable wrap"],
    },
  ],
};
