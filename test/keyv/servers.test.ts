/** Adapters for servers that are full, hang, go, or hold what others have written. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { KeyvPostgres } from "@keyv/postgres";
import KeyvRedis from "@keyv/redis";
import { Keyv } from "keyv";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { acache, bcache, CacheOperationError, closeCaches, type DiskCached, type KeyvStore } from "../../src/index.js";
import { node, root } from "../support/build.js";
import {
  hasMemcached,
  hasPostgres,
  onPostgres,
  openMemcached,
  openPostgres,
  postgresUrl,
} from "../support/keyv-stores.js";
import { collectLog } from "../support/log.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

collectLog();
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Load = (n: number) => Promise<string>;

function counting(engine: KeyvStore, options: object = {}): DiskCached<Load> {
  let runs = 0;
  const load: Load = async (n) => {
    runs += 1;
    return `${n} in run ${runs}`;
  };
  const fn = bcache(load, { name: "load", version: 1, engine, engineTimeout: "10s", ...options });
  ends.push(() => fn.cache.close().catch(() => undefined));
  return fn;
}

const took = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};

describe.runIf(hasRedis)("@keyv/redis", () => {
  async function start(...settings: string[]): Promise<{ readonly server: RedisServer; readonly keyv: Keyv }> {
    const server = await RedisServer.start(...settings);
    ends.push(() => server.remove());
    const store = new KeyvRedis(server.url);
    ends.push(() => store.disconnect(true).catch(() => undefined));
    return { server, keyv: new Keyv({ store, namespace: "app" }) };
  }

  it("whose server is full, though it says that it has kept what it was given, acknowledges nothing", async () => {
    const { server, keyv } = await start();
    const fn = counting(keyv);
    await fn(1);
    await server.tell("CONFIG SET maxmemory 1");
    await expect(fn.cache.set([2], "given")).rejects.toThrow(CacheOperationError);
    await expect(fn.cache.clear()).rejects.toThrow(CacheOperationError);
    expect(await fn(1)).toBe("1 in run 2");
    await server.tell("CONFIG SET maxmemory 0");
    expect([await fn(2), await fn(2)]).toEqual(["2 in run 3", "2 in run 3"]);
    expect(fn.cache.stats().engineFailures).toBeGreaterThan(0);
  });

  it("with something else in the place of a record", async () => {
    const { server, keyv } = await start();
    const fn = counting(keyv, { breaker: false });
    await fn(1);
    const names = (await server.tell("KEYS *")).split("\r\n").filter((line) => line.startsWith("app"));
    const record = names.find((name) => !name.endsWith("epoch")) ?? "";
    expect(record).toMatch(/^app::app:twat-cache-[0-9a-f]{32}-[0-9a-f]{24}$/);
    await server.tell(`DEL ${record}`);
    await server.tell(`LPUSH ${record} 1`);
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 2", "1 in run 2"]);
  });

  it("whose server hangs, or is gone, costs the call its budget, then next to nothing", async () => {
    const { server, keyv } = await start();
    const fn = counting(keyv, { engineTimeout: "50ms" });
    for (let attempt = 0; attempt < 100 && fn.cache.stats().hits === 0; attempt += 1) await fn(1);
    expect(fn.cache.stats().hits).toBe(1);
    server.freeze();
    expect(await took(() => fn(1))).toBeLessThan(2_000);
    // After some failures it is left alone, and asked now and then.
    for (let n = 0; n < 20; n += 1) await fn(n);
    expect(fn.cache.stats().skipped).toBeGreaterThan(0);
    expect(fn.cache.stats().engineFailures).toBeLessThan(20);
    await server.kill();
    expect(await fn(1)).toMatch(/^1 in run/);
  });
});

describe.runIf(hasPostgres)("@keyv/postgres", () => {
  it("keeps results and what others have in its table, and clears only ours", async () => {
    const { store, remove } = await openPostgres();
    ends.push(remove);
    const keyv = new Keyv({ store, namespace: "app" });
    await keyv.set("theirs", [1]);
    const fn = counting(keyv, { tags: ["all"], ttl: "1h" });
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 1", "1 in run 1"]);
    expect([...(await fn.cache.many([[1], [2]]))]).toEqual(["1 in run 1", "2 in run 2"]);
    await fn.cache.invalidateTags("all");
    expect(await fn(1)).toBe("1 in run 3");
    await fn.cache.clear();
    expect([await fn(1), await keyv.get("theirs")]).toEqual(["1 in run 4", [1]]);
  });

  it("runs the example", async () => {
    const program = join(root, "examples/postgres.ts");
    const expected = [...readFileSync(program, "utf8").matchAll(/\/\/ => (.*)$/gm)].map((match) => match[1]);
    ends.push(() => onPostgres("DROP TABLE IF EXISTS twat_cache_example"));
    const env = { POSTGRES_URL: postgresUrl, TWAT_CACHE_LOG_LEVEL: "error" };
    const { code, stdout, stderr } = await node([join(root, "node_modules/tsx/dist/cli.mjs"), program], { env });
    expect({ code, stderr, lines: stdout.split("\n").filter(Boolean) }).toEqual({
      code: 0,
      stderr: "",
      lines: expected,
    });
  }, 60_000);

  it("with a pool that somebody listens to, as in the example, outlives the end of its connections", async () => {
    const { remove, store } = await openPostgres();
    ends.push(remove);
    const { table = "" } = (store as KeyvPostgres).opts;
    const pool = new pg.Pool({ connectionString: postgresUrl });
    ends.push(() => pool.end());
    const lost: unknown[] = [];
    pool.on("error", (error) => lost.push(error));
    class Postgres extends KeyvPostgres {
      override async connect(): Promise<(sql: string, values?: unknown[]) => Promise<unknown[]>> {
        return async (sql, values) => (await pool.query(sql, values)).rows;
      }
    }
    const fn = counting(new Postgres({ uri: postgresUrl, table }), { breaker: false });
    await fn(1);
    const pids = await Promise.all([1, 2].map(() => pool.query("SELECT pg_backend_pid() AS pid, pg_sleep(0.1)")));
    for (const { rows } of pids) await onPostgres(`SELECT pg_terminate_backend(${Number(rows[0].pid)})`);
    for (let attempt = 0; attempt < 500 && lost.length < 2; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(lost).toHaveLength(2);
    expect(await fn(1)).toBe("1 in run 1");
  });

  it("whose table is gone fails, and the function runs", async () => {
    const { store, remove } = await openPostgres();
    ends.push(remove);
    const fn = counting(store);
    await fn(1);
    await (store as KeyvPostgres).query(`DROP TABLE ${(store as KeyvPostgres).opts.table}`);
    expect(await fn(1)).toBe("1 in run 2");
    await expect(fn.cache.delete(1)).rejects.toThrow(CacheOperationError);
    expect(fn.cache.stats().engineFailures).toBeGreaterThan(0);
  });
});

describe.runIf(hasMemcached)("@keyv/memcache", () => {
  it("refuses what is too large for it, evicts, and goes away", async () => {
    const { store, remove, child } = await openMemcached();
    ends.push(remove);
    const large = acache(async (n: number) => new Uint8Array(n), {
      name: "large",
      engine: store,
      engineTimeout: "10s",
    });
    ends.push(() => large.cache.close().catch(() => undefined));
    expect((await large(2_000_000)).length).toBe(2_000_000);
    await expect(large.cache.set([1], new Uint8Array(2_000_000))).rejects.toThrow(CacheOperationError);
    const fn = counting(new Keyv({ store }), { ttl: "60d" });
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 1", "1 in run 1"]);
    await store.clear();
    expect([await fn(1), await fn(1)]).toEqual(["1 in run 2", "1 in run 2"]);
    child.kill("SIGKILL");
    expect(await fn(1)).toBe("1 in run 3");
    expect(await fn(1)).toBe("1 in run 4");
    expect(fn.cache.stats().engineFailures).toBeGreaterThan(0);
    await closeCaches().catch(() => undefined);
  });
});
