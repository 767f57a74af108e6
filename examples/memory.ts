/** Caching functions in memory. */

import { acache, cacheKey, getStats, mcache } from "twat-cache";

// A synchronous function stays synchronous, and keeps its type.
const volume = mcache((width: number, height: number, depth = 1) => width * height * depth, { name: "volume" });
console.log(volume(2, 3), volume(2, 3), volume(2, 3, 4)); // => 6 6 24
console.log(getStats(volume)?.hits); // => 1

// A recursive function calls its cached self.
const fibonacci = mcache((n: number): number => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)));
console.log(fibonacci(70)); // => 190392490709135

// Arguments count by value. What need not count is left out.
const search = mcache((query: { text: string; page?: number }, _log: (line: string) => void) => query.text.length, {
  ignore: [1],
  ttl: "1m",
});
search({ text: "cache", page: 1 }, console.log);
search({ page: 1, text: "cache" }, () => undefined);
console.log(search.cache.stats().hits); // => 1

// Instances count by being themselves, unless they say what stands for them.
class User {
  constructor(readonly id: number) {}
  [cacheKey](): number {
    return this.id;
  }
}
const greeting = mcache((user: User) => `hello, user ${user.id}`);
greeting(new User(7));
greeting(new User(7));
console.log(greeting.cache.stats().hits); // => 1

// Concurrent calls share one load; an error is passed on, and not kept.
let attempts = 0;
const load = acache(async (id: string) => {
  attempts += 1;
  if (attempts === 1) throw new Error("the source is down");
  return { id };
});
const failed = await Promise.allSettled([load("a"), load("a"), load("a")]);
console.log(attempts, failed.map(({ status }) => status).join()); // => 1 rejected,rejected,rejected
console.log((await load("a")).id, attempts); // => a 2

// Callers that change results can have copies, or be stopped.
const settings = mcache(() => ({ theme: "dark", sizes: new Map([["text", 12]]) }), { clone: "structured" });
settings().sizes.set("text", 99);
console.log(settings().sizes.get("text")); // => 12

// Bounded by entries and by bytes, evicted by a policy, told to a hook.
const evicted: string[] = [];
const page = mcache((n: number) => "x".repeat(100 * n), {
  maxBytes: "1KB",
  sizeOf: (text) => text.length,
  onEvict: ({ key, reason }) => void evicted.push(`${key} ${reason}`),
});
for (const n of [5, 4, 3]) page(n);
console.log(evicted.join()); // => 5 evicted
