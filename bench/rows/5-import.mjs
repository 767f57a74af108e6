/** What it costs to begin: the import and, of ours, the first cached call. */

export const row = {
  title: "Import, and a first mcache() called once",
  // 25 ms where bentocache takes 38.
  anchor: "bentocache",
  inputs: [0],
  once: true,
  subjects: {
    "lru-cache": { make: () => import("lru-cache") },
    "twat-cache": {
      ours: true,
      limit: 0.66,
      async make() {
        const { mcache } = await import("../../dist/index.js");
        mcache((n) => n, { ttl: "5m" })(1);
      },
    },
    "cache-manager": { make: () => import("cache-manager") },
    cacheable: { make: () => import("cacheable") },
    bentocache: { make: () => import("bentocache") },
  },
};
