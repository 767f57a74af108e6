/** Who says what about a cache: the program, its config file, the environment, the call. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCacheConfig,
  extendConfig,
  getCacheConfigFromEnv,
  getEffectiveConfig,
  mcache,
  setDefaults,
} from "twat-cache";

// What a deployment says lies in a file: options for all caches, and for some by their names.
const folder = mkdtempSync(join(tmpdir(), "example-configuration-"));
const file = join(folder, "caches.json");
writeFileSync(file, JSON.stringify({ ttl: "10m", caches: { rates: { ttl: "30s", maxSize: 50 } } }));
process.env.TWAT_CACHE_CONFIG = file;

// A typing error in the environment ends the program here, and not in the middle of the night.
console.log(getCacheConfigFromEnv({ TWAT_CACHE_MAXSIZE: "200" })); // => { maxSize: 200 }
process.env.TWAT_CACHE_MAXSIZE = "200";

// What the program says for all its caches; they may have been made already.
const rates = mcache((currency: string) => currency.length, { name: "rates" });
setDefaults({ clone: "freeze", maxSize: 10 });

// What is common to some of them.
const shared = createCacheConfig({ policy: "lfu", maxSize: 1_000 });
const titles = mcache((id: number) => ({ title: `No. ${id}` }), {
  ...extendConfig(shared, { ttl: "1h" }),
  name: "titles",
});

const table = (fn: typeof rates | typeof titles) => {
  const { name, options } = getEffectiveConfig(fn);
  const told = ["ttl", "maxSize", "policy", "clone"].map(
    (option) => `${options[option]?.value} (${options[option]?.from})`,
  );
  console.log(`${name}: ${told.join(", ")}`);
};
table(rates); // => rates: 30s (file), 200 (environment), lru (built-in), freeze (defaults)
table(titles); // => titles: 1h (option), 1000 (option), lfu (option), freeze (defaults)

console.log(Object.isFrozen(titles(7)), titles.cache.stats().maxSize, rates("EUR")); // => true 1000 3
rmSync(folder, { recursive: true });
