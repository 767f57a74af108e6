/** Values that are over, and of use all the same. */

import { acache, CacheTimeoutError, mcache } from "twat-cache";
import { createFakeClock } from "twat-cache/testing";

// Time stands still until it is told to go; leave `clock` out in a program.
const clock = createFakeClock();

/** Lets what is under way in the background come to an end. */
const background = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// Served at once, while one call in the background makes a new value.
let version = 1;
const page = acache(async (path: string) => `${path} v${version}`, { ttl: "1m", staleWhileRevalidate: "1h", clock });
console.log(await page("/home")); // => /home v1
version = 2;
clock.advance("2m");
console.log(await page("/home")); // => /home v1
await background();
console.log(await page("/home"), page.cache.stats().stale); // => /home v2 1

// Before a value is over, so that nobody ever waits for one that is in use.
const feed = acache(async () => `feed v${version}`, { ttl: "1m", refreshAhead: 0.8, clock });
await feed();
version = 3;
clock.advance("50s");
console.log(await feed()); // => feed v2
await background();
console.log(await feed()); // => feed v3

// A source that fails is bridged, and left alone for a while.
let attempts = 0;
let isDown = false;
const price = acache(
  async (_item: string) => {
    attempts += 1;
    if (isDown) throw new Error("the source is down");
    return 42;
  },
  { ttl: "1m", staleIfError: { for: "1d", backoff: "10s" }, clock },
);
await price("tea");
isDown = true;
clock.advance("2m");
console.log(await price("tea"), await price("tea"), attempts); // => 42 42 2

// A source that is slow is waited for only so long where there is something to serve, and not for ever where there is not.
const slow = acache((key: string) => new Promise((resolve) => setTimeout(resolve, 75, `the ${key}`)), {
  hardTimeout: "50ms",
});
const waited = await slow("report").catch((error: unknown) => error);
console.log(waited instanceof CacheTimeoutError); // => true
console.log(await slow("report")); // => the report

// Functions that answer at once are bridged too.
const parse = mcache((text: string) => JSON.parse(text) as unknown, { ttl: "1m", staleIfError: "1h", clock });
console.log(parse("[1]")); // => [ 1 ]

// What is idle goes; what is asked for stays.
const session = mcache((user: string) => ({ user }), { idle: "10m", ttl: "8h", clock });
session("ada");
clock.advance("9m");
session("ada");
clock.advance("9m");
console.log(session.cache.has("ada")); // => true
clock.advance("1m");
console.log(session.cache.has("ada")); // => false
