/** What values become on disk: classes of your own, values for other programs, and what is refused. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bcache, CacheValueError, registerType } from "twat-cache";

const cacheDir = mkdtempSync(join(tmpdir(), "class-values-"));
const at = { cacheDir, folderName: "values" };

// An instance is its own properties, once the class has a name on disk.
class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}
registerType("Point", Point);

// Nobody sees private fields from outside, so a conversion says what stands for them.
class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
}
registerType("Money", Money, { encode: (money) => money.cents, decode: (cents: bigint) => new Money(cents) });

const order = bcache(async (id: number) => ({ id, at: new Point(3, 4), total: new Money(1999n) }), {
  ...at,
  name: "order",
});
await order(1);
const found = await order(1);
console.log(order.cache.stats().hits, found.at instanceof Point, found.at.length, found.total.cents); // => 1 true 5 1999n

// A class that nobody registered is refused: the call returns the value, and nothing is kept. The handle says why.
class Secret {
  readonly #word = "sesame";
  tell(): string {
    return this.#word;
  }
}
const secret = bcache(async () => ({ inside: [new Secret()] }), { ...at, name: "secret" });
console.log((await secret()).inside[0]?.tell(), secret.cache.stats().refusals); // => sesame 1
try {
  await secret.cache.set([], { inside: [new Secret()] });
} catch (error) {
  console.log(error instanceof CacheValueError, (error as Error).message.split(".")[1]); // => true inside[0] cannot be kept exactly
}

// With JSON, other programs can read the values. What JSON would change on the way is refused.
const settings = bcache(async (user: number) => (user === 0 ? { since: new Date(0) } : { user, theme: "dark" }), {
  ...at,
  name: "settings",
  codec: "json",
});
await settings(0);
await settings(1);
console.log(await settings.cache.has(0), await settings.cache.peek(1)); // => false { user: 1, theme: 'dark' }

await Promise.all([order, secret, settings].map((fn) => fn.cache.close()));
rmSync(cacheDir, { recursive: true });
