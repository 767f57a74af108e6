/**
 * Results in PostgreSQL, by a store of Keyv; any other adapter for Keyv is used in the same way. Without POSTGRES_URL the
 * example does without a database, with the Map that Keyv brings.
 */

import { KeyvPostgres } from "@keyv/postgres";
import { Keyv } from "keyv";
import pg from "pg";
import { bcache, closeCaches } from "twat-cache";

/**
 * The adapter with a pool that somebody listens to. A database that is restarted ends idle connections; the adapter's own
 * pool tells of that where nobody hears it, which ends the program.
 */
class Postgres extends KeyvPostgres {
  override async connect(): Promise<(sql: string, values?: unknown[]) => Promise<unknown[]>> {
    const pool = new pg.Pool({ connectionString: this.opts.uri });
    pool.on("error", () => undefined);
    this.disconnect = () => pool.end();
    return async (sql, values) => (await pool.query(sql, values)).rows;
  }
}

// The program makes the store, and ends it. Others may use the same table: nothing of theirs is read or removed.
const uri = process.env.POSTGRES_URL;
const engine =
  uri === undefined
    ? new Keyv({ namespace: "shop" })
    : new Keyv({ store: new Postgres({ uri, table: "twat_cache_example" }), namespace: "shop" });

let reads = 0;
async function price(
  article: string,
): Promise<{ readonly article: string; readonly cents: bigint; readonly of: Date }> {
  reads += 1;
  return { article, cents: 1999n, of: new Date(0) };
}
const options = { engine, folderName: "prices", version: 1, ttl: "1h", engineTimeout: "5s" } as const;
const cached = bcache(price, options);
await cached.cache.clear();

await cached("lamp");
// Exactly as it was, though the column holds text: a bigint is a bigint, a date is a date.
const { cents, of } = await cached("lamp");
console.log(cents, of.toISOString(), reads, cached.cache.engine); // => 1999n 1970-01-01T00:00:00.000Z 1 keyv

// Another process finds it too, by the name, the version and the folder. Here the cache is closed, and made anew.
await cached.cache.close();
const again = bcache(price, options);
await again("lamp");
console.log(reads, again.cache.stats().hits); // => 1 1

// What others keep in the store is left alone, whatever becomes of the cache.
await engine.set("basket", "theirs");
await again.cache.clear();
console.log(await engine.get("basket"), await again.cache.has("lamp")); // => theirs false

await engine.delete("basket");
await closeCaches();
await engine.disconnect();
