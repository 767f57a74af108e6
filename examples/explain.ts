/** Why is that slow? What calls would do, in each tier, after a deployment and after a failure. */

import { acache, bcache, type Explanation, explain } from "twat-cache";

const show = ({ outcome, why, tiers }: Explanation): void =>
  console.log(outcome, `(${tiers.map(({ name, state }) => `${name}: ${state}`).join(", ")})`, why);

// A memory in front of a database. Looking does not fill the memory; calling does.
const options = { name: "forecast", folderName: "example-explain", memory: true, ttl: "1h", trace: 100 } as const;
const forecast = bcache(async (city: string) => `sunny in ${city}`, { ...options, version: 1 });
await forecast.cache.clear();
await forecast("Oslo");
show(await forecast.cache.explain("Oslo")); // => hit (lru: absent, sqlite: fresh) It is there, and fresh.
await forecast("Oslo");
show(await forecast.cache.explain("Oslo")); // => hit (lru: fresh, sqlite: fresh) It is there, and fresh.
await forecast.cache.delete("Oslo");
show(await forecast.cache.explain("Oslo")); // => miss (lru: absent, sqlite: absent) It was removed by delete.
await forecast("Oslo");
await forecast.cache.close();

// The next version of the code does not use what the last one has made, and knows that it is there.
const next = bcache(async (city: string) => `rain in ${city}`, { ...options, version: 2 });
await next.cache.clear();
const { outcome, why } = await explain(next, "Oslo");
console.log(outcome, why); // => miss It was made by other code of the same name: another source, version or deps.
await next.cache.close();

// A function that fails, and a value that is served in its place for a while.
let isDown = false;
let now = 0;
const rate = acache(
  async (currency: string) => {
    if (isDown) throw new Error("The bank is closed.");
    return currency.length;
  },
  { ttl: "1m", staleIfError: { for: "1h", backoff: "10s" }, clock: { now: () => now }, trace: 100 },
);
await rate("EUR");
now += 90_000;
show(rate.cache.explain("EUR")); // => miss (lru: stale) It is no longer fresh.
isDown = true;
console.log(await rate("EUR")); // => 3
show(rate.cache.explain("EUR")); // => stale (lru: stale) It is there, no longer fresh, and may still be served, since the function has just failed.
console.log(
  rate.cache
    .trace()
    .map(({ event, by, key }) => `${event} by ${by}: ${key}`)
    .join("; "),
); // => stored by load: "EUR"; failed by load: "EUR"
