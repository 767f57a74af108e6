/** Results on a Redis server, for all machines. Without TWAT_CACHE_REDIS_URL the example does without one. */

import { acache, bcache, closeCaches, invalidateTags } from "twat-cache";

const redis = process.env.TWAT_CACHE_REDIS_URL;
// Nothing else changes: a server is one option. Here a folder stands in for it, so that the example runs anywhere.
const where = redis === undefined ? {} : { redis };

let reads = 0;
const options = { ...where, name: "user", folderName: "example-redis", ttl: "5m", engineTimeout: "1s" } as const;
const user = bcache(
  async (id: number) => {
    reads += 1;
    return { id, name: `user ${id}`, seen: new Date(0) };
  },
  { ...options, tags: (found) => [`user:${found.id}`] },
);
await user.cache.clear();

await user(1);
// From the server, by whatever machine it was made, and exactly as it was: the date is a date.
console.log((await user(1)).seen.toISOString(), reads); // => 1970-01-01T00:00:00.000Z 1

// On every machine: this entry is not served any more, nor is a load stored that began before.
await invalidateTags("user:1");
await user(1);
console.log(reads); // => 2

// A memory in front saves the way to the server.
const rate = bcache(async (currency: string) => `${currency} ${++reads}`, {
  ...options,
  name: "rate",
  memory: { maxSize: 100, ttl: "2s" },
});
await rate.cache.clear();
await rate("EUR");
console.log(await rate("EUR"), rate.cache.stats().hits); // => EUR 3 1

// A server that is down costs the call its budget once, and then next to nothing: the function runs.
const down = acache(async (n: number) => n * 2, {
  name: "down",
  redis: "redis://127.0.0.1:1",
  onError: () => undefined,
});
console.log(await down(21), down.cache.engine); // => 42 redis

await user.cache.clear();
await rate.cache.clear();
await closeCaches();
