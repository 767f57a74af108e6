/** Redis servers that are more than one, or behind TLS: clusters, sentinels, certificates. */

import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { slotOf } from "../../src/engines/redis/slots.js";
import { CacheOperationError } from "../../src/index.js";
import { engineConformance } from "../../src/testing/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { entryOf } from "../support/disk-stores.js";
import { until } from "../support/lateness.js";
import { createRandom, seed } from "../support/random.js";
import { cachedOn, callAnew, type OnRedis, untilHit } from "../support/redis-caches.js";
import { hears, isHitInTime, type Redis, runProgram, takesTurns, works } from "../support/redis-duties.js";
import { BUDGET, endure, RECOVERY, setScene } from "../support/redis-scene.js";
import { freePort, hasRedis, RedisServer } from "../support/redis-server.js";
import { openOnRedis, redisOn } from "../support/redis-stores.js";
import {
  clusterIsWhole,
  killMaster,
  makeCertificate,
  makeFolder,
  pretendSentinel,
  startCluster,
  startWatched,
} from "../support/redis-topologies.js";

/** Milliseconds in which others have taken a server's place, and caching works again. */
const FAILOVER = 15_000;
/** Milliseconds in which a process ends that has nothing more to do. */
const END = 1_500;

const { lines, startServer } = setScene();
const folder = makeFolder();
afterAll(() => folder.remove());

/** Whether this server can do TLS, and there is something to make certificates with. */
const hasTls =
  hasRedis && says(/^OpenSSL|^LibreSSL/, "openssl", "version") && says(/>>> 'last 1'/, "redis-server", "-");

/** Whether a program says something. A server gets settings, and names the first one that it does not know. */
function says(what: RegExp, program: string, ...words: readonly string[]): boolean {
  const { stdout, stderr } = spawnSync(program, words, { input: "tls-port 0\nlast 1\n", encoding: "utf8" });
  if (what.test(stdout + stderr)) return true;
  console.warn(`Skipped: tests of Redis with TLS, because of ${program}.`);
  return false;
}

describe.runIf(hasTls)("a server behind TLS", () => {
  const start = async (certificate: ReturnType<typeof makeCertificate>): Promise<readonly [RedisServer, string]> => {
    const port = await freePort();
    const files = ["--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key];
    const server = await startServer("--tls-port", String(port), ...files, "--tls-auth-clients", "no");
    return [server, `rediss://127.0.0.1:${port}`];
  };

  it("whose authority is known: hits, from elsewhere too, and changes are heard", async () => {
    const mine = makeCertificate(folder.path, "mine");
    const [, url] = await start(mine);
    const redis = (name: string): Redis => ({ url, name, socket: { ca: readFileSync(mine.authority) } });
    const tagged = { tags: ["t"], engineTimeout: "5s" } as const;
    await works(cachedOn(redis("one"), tagged), cachedOn(redis("other"), tagged));
    await hears(cachedOn(redis("one"), { memory: { ttl: "1h" } }), cachedOn(redis("other"), tagged));
    expect(lines).toEqual([]);
  });

  it("whose authority is another: that is told of once, functions run, and caching begins when the right one is there", async () => {
    const wrong = makeCertificate(folder.path, "there");
    const [server, url] = await start(wrong);
    const right = makeFolder();
    const authority = readFileSync(makeCertificate(right.path, "there").authority);
    const one = cachedOn({ url, socket: { ca: authority } });
    await endure(one, async () => {
      expect(lines.length).toBeLessThanOrEqual(3);
      expect(JSON.stringify(lines)).toContain("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
      await server.kill();
      // The server reads what is in these files.
      for (const name of ["there-key", "there-pem"]) {
        copyFileSync(`${right.path}/${name}`, `${folder.path}/${name}`);
      }
      await server.start();
    });
    right.remove();
  });
});

describe.runIf(hasRedis)("a cluster", () => {
  let nodes: readonly RedisServer[] = [];
  /** Masters; the first one has a replica. */
  let masters: readonly RedisServer[] = [];
  let redis: (name: string) => { readonly rootNodes: readonly { url: string }[]; readonly defaults: { name: string } };
  let library: Bundle;
  beforeAll(async () => {
    library = await bundle("src/index.ts");
    nodes = await startCluster(RedisServer.start, 3, 1);
    masters = nodes.slice(0, 3);
    redis = (name) => ({ rootNodes: masters.map(({ url }) => ({ url })), defaults: { name } });
  }, 30_000);
  afterAll(async () => {
    library?.remove();
    for (const server of nodes) await server.remove();
  });
  beforeEach(async () => {
    await empty();
  });

  /** Removes everything. */
  const empty = (): Promise<unknown> => Promise.all(masters.map((master) => master.tell("FLUSHALL")));

  /** A key of a cache that lies on a master. */
  const metaOn = async (master: RedisServer): Promise<string | undefined> =>
    /twat-cache:faults:\S+~meta/.exec(await master.tell("KEYS twat-cache:faults:*~meta"))?.[0];

  /** The master that a cache lies on, which alone has something now. */
  async function masterOf(cache: OnRedis): Promise<number> {
    await untilHit(cache);
    const metas = await Promise.all(masters.map(metaOn));
    expect(metas.filter((name) => name !== undefined)).toHaveLength(1);
    await empty();
    return metas.findIndex((name) => name !== undefined);
  }

  /** For each master the name of a cache that lies on it. */
  const found: string[] = [];
  async function names(): Promise<readonly string[]> {
    for (let i = 0; found.filter((name) => name !== undefined).length < masters.length; i += 1) {
      found[await masterOf(cachedOn(redis("names"), { name: `f${i}`, engineTimeout: "5s" }))] ??= `f${i}`;
    }
    return found;
  }

  const connected = async (server: RedisServer): Promise<number> =>
    String(await server.command("CLIENT", "LIST", "TYPE", "normal"))
      .trim()
      .split("\n").length;

  describe("conforms", () => {
    const engine = redisOn("", () => "");
    const bound = {
      ...engine,
      open: ((options) => redisOn(redis("a"), () => `twat-cache:${options.name}:`).open(options)) as typeof engine.open,
    };
    for (const { name, run } of engineConformance(bound)) it(name, run);
  });

  it("caches on every node: hits, removals, tags, turns, and what a memory in front hears", async () => {
    for (const name of await names()) {
      const options = { name, tags: ["t"], engineTimeout: "5s" } as const;
      const [one, other] = [cachedOn(redis("one"), options), cachedOn(redis("other"), options)];
      await works(one, other);
      await hears(cachedOn(redis("one"), { ...options, memory: { ttl: "1h" } }), other);
      const locked = { ...options, lock: true } as const;
      await takesTurns(cachedOn(redis("one"), locked), cachedOn(redis("other"), locked));
    }
    expect(lines).toEqual([]);
  });

  it("all entries of a cache are met and counted, and those that were cleared are removed", async () => {
    const store = await openOnRedis(redis("one"));
    const count = 1_200;
    await Promise.all(Array.from({ length: count }, (_, i) => store.set(`key ${i}`, entryOf(i))));
    expect(await store.size()).toBe(count);
    await store.clear();
    expect(await store.size()).toBe(0);
    await until("they are removed", async () => {
      const sizes = await Promise.all(masters.map((master) => master.command("DBSIZE")));
      return sizes.reduce((sum, [size]) => sum + Number(size), 0) < 10;
    });
    await store.close();
  });

  it("the slot of a key is the one that servers say", async () => {
    const random = createRandom(seed);
    const parts = ["{", "}", "{a}", "{}", "a", "b", "é", "😀", "7"];
    const key = (): string =>
      Array.from({ length: 8 * random() }, () => parts[Math.floor(random() * parts.length)]).join("");
    const keys = Array.from({ length: 60 }, key);
    const said = await Promise.all(keys.map((one) => masters[0]?.command("CLUSTER", "KEYSLOT", one)));
    expect(keys.map((one) => [one, slotOf(one)])).toEqual(keys.map((one, i) => [one, Number(said[i])]));
  });

  it("a slot that another node gets: the cache goes on there", async () => {
    const one = cachedOn(redis("one"));
    const from = await masterOf(one);
    const to = masters[(from + 1) % 3] as RedisServer;
    await untilHit(one);
    const key = await metaOn(masters[from] as RedisServer);
    const [slot = ""] = await to.command("CLUSTER", "KEYSLOT", String(key));
    const [id = ""] = await to.command("CLUSTER", "MYID");
    await empty();
    for (const server of [to, ...masters]) await server.command("CLUSTER", "SETSLOT", slot, "NODE", id);
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
    expect(await metaOn(to)).toBe(key);
  });

  it.each(["kill", "freeze"] as const)(
    "a node that is gone (%s): caches on others go on, and no connections pile up",
    async (end) => {
      const [, mine = "", theirs = ""] = await names();
      const [one, other] = [
        cachedOn(redis("one"), { name: mine }),
        cachedOn(redis("one"), { name: theirs, engineTimeout: "5s" }),
      ];
      const [, gone, there] = masters as [RedisServer, RedisServer, RedisServer];
      await untilHit(one);
      await untilHit(other);
      const before = await connected(there);
      const { hits } = other.f.cache.stats();
      await gone[end]();
      try {
        for (let i = 0; i < 100; i += 1) {
          expect(await callAnew(one)).toBeLessThan(BUDGET);
          expect(await other.f(1)).toBe("1 v1");
          if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 100));
        }
        expect(one.f.cache.stats().skipped).toBeGreaterThan(0);
        expect(other.f.cache.stats()).toMatchObject({ hits: hits + 100, engineFailures: 0 });
        // Somebody may be asking who has which slot.
        expect(await connected(there)).toBeLessThanOrEqual(before + 1);
      } finally {
        if (end === "kill") await gone.start();
        else gone.thaw();
      }
      await clusterIsWhole(nodes);
      expect(await untilHit(one)).toBeLessThan(RECOVERY);
    },
  );

  it.each(["", "memory: true,"])("keeps no process alive: %s", async (options) => {
    const { code, stderr, took } = await runProgram(library, redis("program"), options);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(took).toBeLessThan(END);
  });

  it("a master that is killed, and has a replica: caching goes on there", async () => {
    const [mine = ""] = await names();
    const one = cachedOn(redis("one"), { name: mine });
    await untilHit(one);
    await masters[0]?.kill();
    await nodes[3]?.command("CLUSTER", "FAILOVER", "TAKEOVER");
    const took = await until("caching works again", () => isHitInTime(one), FAILOVER, 50);
    console.info(`After a failover in a cluster, caching works after ${Math.round(took)} ms`);
    const options = { name: mine, engineTimeout: "5s" } as const;
    const other = cachedOn(redis("other"), options);
    await untilHit(other);
    await hears(cachedOn(redis("one"), { ...options, memory: { ttl: "1h" } }), other);
  });
});

describe.runIf(hasRedis)("a server that sentinels watch", () => {
  const redis = (port: number, name = "one"): Redis => ({
    name: "main",
    sentinelRootNodes: [
      { host: "127.0.0.1", port },
      { host: "127.0.0.1", port: 1 },
    ],
    nodeClientOptions: { name },
  });

  it("works, and after the master was killed caching goes on at the replica", async () => {
    const watched = await startWatched(startServer, folder.path, "main");
    const { master, sentinel } = watched;
    const options = { tags: ["t"], engineTimeout: "5s" } as const;
    const [one, other] = [
      cachedOn(redis(sentinel.port), { tags: ["t"] }),
      cachedOn(redis(sentinel.port, "other"), options),
    ];
    const hearing = cachedOn(redis(sentinel.port, "hearing"), { ...options, memory: { ttl: "1h" } });
    await works(cachedOn(redis(sentinel.port), options), other);
    await hears(hearing, other);
    expect(lines).toEqual([]);
    await untilHit(one);
    await master.command("WAIT", "1", "1000");
    await killMaster(watched, "main");
    one.source.version = "v2";
    await expect(one.f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    const took = await until("caching works again", () => isHitInTime(one), FAILOVER, 50);
    console.info(`After a failover by sentinels, caching works after ${Math.round(took)} ms`);
    await until("the removal gets through", async () => (await other.f.cache.peek(1)) !== "1 v1");
    await untilHit(other, 9);
    await hears(hearing, other);
  });

  it("a sentinel that is late: nothing is read from who is not the master any more", async () => {
    const [old, next] = [await startServer(), await startServer()];
    let told = old.port;
    const sentinel = await pretendSentinel(() => told);
    try {
      const one = cachedOn(redis((sentinel.address() as AddressInfo).port));
      await untilHit(one);
      await old.tell(`REPLICAOF 127.0.0.1 ${next.port}`);
      await old.tell("CLIENT KILL TYPE normal");
      one.source.version = "v2";
      const { hits } = one.f.cache.stats();
      const begun = performance.now();
      await until("it is tried again", async () => {
        expect(await callAnew(one)).toBeLessThan(BUDGET);
        expect(await one.f(1)).toBe("1 v2");
        return performance.now() - begun > 2_000;
      });
      expect(one.f.cache.stats().hits).toBe(hits);
      told = next.port;
      expect(await untilHit(one)).toBeLessThan(FAILOVER);
    } finally {
      sentinel.close();
    }
  });

  it("keeps no process alive, and nobody writes to its output when sentinels are gone", async () => {
    const { sentinel } = await startWatched(startServer, folder.path, "main");
    const library = await bundle("src/index.ts");
    try {
      for (const [port, options] of [
        [sentinel.port, "memory: true,"],
        [2, ""],
      ] as const) {
        const { code, took } = await runProgram(library, redis(port), options);
        expect(code).toBe(0);
        expect(took).toBeLessThan(END);
      }
    } finally {
      library.remove();
    }
  });
});
