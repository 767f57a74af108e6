/** What a hit costs where options say more about lifetimes and loads. None of it is paid for where it is not used. */

const inputs = Array.from({ length: 64 }, (_, i) => `user:${i}`);
const ours = "../../dist/index.js";
const load = async (key) => ({ key });
const { signal } = new AbortController();

const subject = (options, limit) => ({
  ours: true,
  ...(limit !== undefined && { limit }),
  async make() {
    const { acache } = await import(ours);
    return acache(load, { maxSize: 1000, ttl: "1h", ...options });
  },
});

export const row = {
  title: "Hit of an asynchronous function, by the option that is used",
  anchor: "acache with ttl",
  inputs,
  asynchronous: true,
  subjects: {
    "acache with ttl": subject({}),
    staleWhileRevalidate: subject({ staleWhileRevalidate: "1h" }),
    "staleIfError and both timeouts": subject({ staleIfError: "1h", softTimeout: "1s", hardTimeout: "2s" }),
    "jitter, negativeTtl, expiresAt, minCost": subject({
      jitter: 0.1,
      negativeTtl: "1m",
      expiresAt: () => undefined,
      minCost: 0,
    }),
    cacheErrors: subject({ cacheErrors: "1m" }),
    refreshAhead: subject({ refreshAhead: 0.9 }),
    idle: subject({ idle: "30m" }),
    trace: subject({ trace: 1_000 }),
    "a list of tags": subject({ tags: ["users"] }),
    "a function of tags": subject({ tags: (_value, key) => ["users", key] }),
    "a list of tags, after each thing that is invalidated": {
      ours: true,
      async make() {
        const { acache, invalidateTags } = await import(ours);
        const fn = acache(load, { maxSize: 1000, ttl: "1h", tags: ["users"] });
        return (key) => {
          invalidateTags("others");
          return fn(key);
        };
      },
    },
    "a signal among the arguments": {
      ours: true,
      async make() {
        const { acache } = await import(ours);
        const fn = acache((key, _signal) => load(key), { maxSize: 1000, ttl: "1h" });
        return (key) => fn(key, signal);
      },
    },
  },
};
