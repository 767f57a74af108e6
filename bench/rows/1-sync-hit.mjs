/** A hit of a synchronous function: one string argument, 1,024 keys, bounded, statistics kept. */

const inputs = Array.from({ length: 1_024 }, (_, i) => `user:${i}`);
const compute = (key) => ({ key });
const max = 2_000;
const ours = "../../dist/index.js";

export const row = {
  title: "Hit of a synchronous function, without TTL",
  anchor: "memo by hand on lru-cache",
  inputs,
  subjects: {
    "Map.get": {
      async make() {
        const map = new Map();
        return (key) => {
          let value = map.get(key);
          if (value === undefined) {
            value = compute(key);
            map.set(key, value);
          }
          return value;
        };
      },
    },
    "memo by hand on lru-cache": {
      async make() {
        const { LRUCache } = await import("lru-cache");
        const cache = new LRUCache({ max });
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
      limit: 1.25,
      async make() {
        const { mcache } = await import(ours);
        return mcache(compute, { maxSize: max });
      },
    },
    "twat-cache mcache, unbounded": {
      ours: true,
      async make() {
        const { mcache } = await import(ours);
        return mcache(compute, { maxSize: Number.POSITIVE_INFINITY });
      },
    },
    "twat-cache mcache, method": {
      ours: true,
      async make() {
        const { mcache } = await import(ours);
        class Repository {
          find(key) {
            return compute(key);
          }
        }
        const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, "find");
        Object.defineProperty(
          Repository.prototype,
          "find",
          mcache({ maxSize: max })(Repository.prototype, "find", descriptor),
        );
        const repository = new Repository();
        return (key) => repository.find(key);
      },
    },
    moize: {
      async make() {
        const { default: moize } = await import("moize");
        return moize(compute, { maxSize: max });
      },
    },
    "nano-memoize (unbounded)": {
      async make() {
        const { nanomemoize } = (await import("nano-memoize")).default;
        return nanomemoize(compute);
      },
    },
    "micro-memoize": {
      async make() {
        const { memoize } = await import("micro-memoize");
        return memoize(compute, { maxSize: max });
      },
    },
    "memoize (unbounded)": {
      async make() {
        const { default: memoize } = await import("memoize");
        return memoize(compute);
      },
    },
    "fast-memoize (unbounded)": {
      async make() {
        const { default: memoize } = await import("fast-memoize");
        return memoize(compute);
      },
    },
    memoizee: {
      async make() {
        const { default: memoizee } = await import("memoizee");
        return memoizee(compute, { max });
      },
    },
  },
  claims: [
    {
      faster: "twat-cache mcache",
      than: ["moize", "micro-memoize", "memoizee", "memoize (unbounded)", "fast-memoize (unbounded)"],
    },
  ],
};
