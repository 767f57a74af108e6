/** Two tiers: a small memory in each process, and behind it what all of them share. */

import { bcache } from "twat-cache";

const redis = process.env.TWAT_CACHE_REDIS_URL;
let runs = 0;

/** A process of its own would do the same; here two caches of one place stand for two processes. */
const open = (name: string) =>
  bcache(
    async (city: string) => {
      runs += 1;
      return { city, degrees: 20 + runs };
    },
    {
      name: "weather",
      version: 1,
      folderName: "example-two-tiers",
      engineTimeout: "5s",
      ttl: "10m",
      // The nearest first. The memory hears of what others change, and in any case asks again after 5 seconds.
      tiers: [{ engine: "lru", maxSize: 1_000, ttl: "5s" }, { engine: redis === undefined ? "sqlite" : "redis" }],
      ...(redis !== undefined && { redis }),
      // One of them loads what nobody has, and the other waits for it.
      lock: true,
      onMiss: () => console.log(`${name} has nothing`),
    },
  );

const [one, other] = [open("one"), open("other")];
await one.cache.clear();
console.log(await one("Oslo")); // => one has nothing
// => { city: 'Oslo', degrees: 21 }
console.log(await other("Oslo"), runs); // => { city: 'Oslo', degrees: 21 } 1

// What one changes, the memory of the other does not serve any more.
await one.cache.set(["Oslo"], { city: "Oslo", degrees: -3 });
await new Promise((resolve) => setTimeout(resolve, redis === undefined ? 0 : 100));
console.log((await other("Oslo")).degrees); // => -3
await one.cache.clear();
