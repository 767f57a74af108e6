/** The same with a TTL of a minute, where the peer has one. */

const inputs = Array.from({ length: 1_024 }, (_, i) => `user:${i}`);
const compute = (key) => ({ key });
const max = 2_000;
const minute = 60_000;
const ours = "../../dist/index.js";

export const row = {
  title: "Hit of a synchronous function, with TTL",
  anchor: "memo by hand on lru-cache",
  inputs,
  subjects: {
    "memo by hand on lru-cache": {
      async make() {
        const { LRUCache } = await import("lru-cache");
        const cache = new LRUCache({ max, ttl: minute });
        return (key) => {
          let value = cache.get(key);
          if (value === undefined) {
            value = compute(key);
            cache.set(key, value);
          }
          return value;
        };
      },
    },
    "twat-cache mcache": {
      ours: true,
      limit: 1.4,
      async make() {
        const { mcache } = await import(ours);
        return mcache(compute, { maxSize: max, ttl: "1m" });
      },
    },
    "twat-cache mcache, exact clock": {
      ours: true,
      async make() {
        const { mcache } = await import(ours);
        return mcache(compute, { maxSize: max, ttl: "1m", clock: "exact" });
      },
    },
    moize: {
      async make() {
        const { default: moize } = await import("moize");
        return moize(compute, { maxSize: max, maxAge: minute });
      },
    },
    "nano-memoize (unbounded)": {
      async make() {
        const { nanomemoize } = (await import("nano-memoize")).default;
        return nanomemoize(compute, { maxAge: minute });
      },
    },
    "micro-memoize": {
      async make() {
        const { memoize } = await import("micro-memoize");
        return memoize(compute, { maxSize: max, expires: { after: minute } });
      },
    },
    "memoize (unbounded)": {
      async make() {
        const { default: memoize } = await import("memoize");
        return memoize(compute, { maxAge: minute });
      },
    },
    memoizee: {
      async make() {
        const { default: memoizee } = await import("memoizee");
        return memoizee(compute, { max, maxAge: minute });
      },
    },
  },
  claims: [{ faster: "twat-cache mcache", than: ["moize", "micro-memoize", "memoizee", "memoize (unbounded)"] }],
};
