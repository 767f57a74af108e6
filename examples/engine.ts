/** An engine of your own, and the suite that it must pass. */

import assert from "node:assert/strict";
import { type Entry, type Key, mcache, registerEngine, type SyncEngine } from "twat-cache";
import { createFakeClock, engineConformance } from "twat-cache/testing";

/** Keeps entries in a plain Map, without a bound. */
const plain: SyncEngine = {
  name: "plain",
  kind: "sync",
  capabilities: { persistent: false, policies: ["fifo"], maxSize: 0, unbounded: true, maxBytes: false },
  available: () => true,
  open() {
    const entries = new Map<Key, Entry>();
    return {
      get: (key) => entries.get(key),
      set(key, entry) {
        entries.set(key, entry);
        return true;
      },
      delete: (key) => entries.delete(key),
      clear: () => entries.clear(),
      size: () => entries.size,
      keys: () => [...entries.keys()],
      close: () => entries.clear(),
    };
  },
};

let passed = 0;
for (const { run } of engineConformance(plain)) {
  await run();
  passed += 1;
}
assert.ok(passed > 10);

registerEngine(plain);
const clock = createFakeClock();
const square = mcache((n: number) => n * n, {
  engine: "plain",
  policy: "fifo",
  maxSize: Number.POSITIVE_INFINITY,
  ttl: "5m",
  clock,
});
console.log(square(4), square.cache.engine, square.cache.has(4)); // => 16 plain true
clock.advance("5m");
console.log(square.cache.has(4)); // => false
