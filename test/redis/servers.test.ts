/** The engine redis while the server is broken in every way that there is, and connections to it. */

import { describe, expect, it } from "vitest";
import { CacheOperationError, closeCaches, invalidateTags } from "../../src/index.js";
import { entryOf } from "../support/disk-stores.js";
import { until } from "../support/lateness.js";
import { cachedOn, callAnew, untilHit, untilLeftAlone } from "../support/redis-caches.js";
import { BUDGET, endure, RECOVERY, setScene } from "../support/redis-scene.js";
import { hasRedis } from "../support/redis-server.js";
import { openOnRedis } from "../support/redis-stores.js";

const { lines, startServer, absentServer, startProxy } = setScene();

it.runIf(hasRedis)("closeCaches closes connections, and a call after that is a plain one", async () => {
  const server = await startServer();
  const clients = async (): Promise<number> => {
    const [list = ""] = await server.command("CLIENT", "LIST");
    // One asks.
    return list.trim().split("\n").length - 1;
  };
  const [one, other] = [cachedOn(server.url), cachedOn(server.url)];
  for (const each of [one, other]) await untilHit(each);
  await invalidateTags("t");
  expect(await clients()).toBe(1);
  await one.f.cache.close();
  await until("it is another's still", () => other.f.cache.has(1));
  expect(await clients()).toBe(1);
  await closeCaches();
  await until("nobody is connected", async () => (await clients()) === 0);
  const { runs } = one.source;
  expect([await one.f(1), await one.f(1), one.source.runs]).toEqual(["1 v1", "1 v1", runs + 2]);
  expect(await clients()).toBe(0);
});

it.runIf(hasRedis)(
  "a cache that is closed while it connects leaves no connection behind, and tells of no failure",
  async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    for (let i = 0; i < 30; i += 1) {
      const one = cachedOn(proxy.url);
      const call = one.f(1);
      // Each time a little later.
      for (let turn = 0; turn < i; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await one.f.cache.close();
      expect(await call).toBe("1 v1");
    }
    await until("nobody is connected", () => proxy.open === 0);
    expect(proxy.connections).toBeGreaterThan(5);
    expect(lines).toEqual([]);
  },
);

describe.runIf(hasRedis)("a server that is broken", () => {
  it("absent at the start", async () => {
    const server = await absentServer();
    await endure(cachedOn(server.url), () => server.start());
  });

  it.each(["from the start", "all at once"])("frozen: %s", async (when) => {
    const server = await startServer();
    const one = cachedOn(server.url);
    if (when === "all at once") await untilHit(one);
    server.freeze();
    await endure(one, () => server.thaw());
  });

  it("frozen so long that a pause after silence would have grown", async () => {
    const server = await startServer();
    const one = cachedOn(server.url);
    await untilHit(one);
    server.freeze();
    await untilLeftAlone(one);
    const frozen = performance.now();
    const took: number[] = [];
    const isOver = async (): Promise<boolean> => {
      const call = await callAnew(one);
      // By then it is known that the server is silent, which costs no call its time any more.
      if (performance.now() - frozen > 2_000) took.push(call);
      return performance.now() - frozen > 6_000;
    };
    await until("six seconds", isOver, 20_000);
    expect(Math.max(...took)).toBeLessThan(BUDGET / 4);
    server.thaw();
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
  });

  it("that answers while the program is busy for long: the answer is heard, and nobody is given up", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const store = await openOnRedis(proxy.url);
    await store.set("key", entryOf("value"));
    proxy.weather = "hold replies";
    const answer = store.get("key");
    await until("the server has answered", () => proxy.held > 0);
    // After this come timers, and only then what was heard.
    await new Promise((resolve) => setImmediate(resolve));
    // The answer is there, and nobody can hear it.
    proxy.weather = "pass";
    const begun = performance.now();
    while (performance.now() - begun < 2_500);
    expect((await answer)?.value).toBe("value");
    expect(await store.delete("key")).toBe(true);
    await store.close();
  });

  it("that does not take what it is sent: what waits takes up 32 MB, and no more", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const store = await openOnRedis(proxy.url);
    await store.set("warm", entryOf("warm"));
    proxy.weather = "hold replies";
    const large = Array.from({ length: 8 }, (_, i) =>
      store.set(`large ${i}`, entryOf(Buffer.alloc(10_000_000, i + 1))),
    );
    const outcomes = Promise.allSettled(large);
    await expect(large[7]).rejects.toThrow("Too much waits");
    proxy.weather = "pass";
    expect((await outcomes).map(({ status }) => status).slice(0, 3)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect((await outcomes).map(({ status }) => status).slice(3)).toEqual(Array(5).fill("rejected"));
    await store.close();
  });

  it("of the other name: valkey://", async () => {
    const server = await startServer();
    expect(await untilHit(cachedOn(server.url.replace("redis:", "valkey:")))).toBeLessThan(RECOVERY);
  });

  it("killed, and started again", async () => {
    const server = await startServer();
    const one = cachedOn(server.url);
    await untilHit(one);
    await server.kill();
    await endure(one, () => server.start());
  });

  it("a cluster whose node is killed, and started again", async () => {
    const server = await startServer("--cluster-enabled", "yes");
    await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    const one = cachedOn({ rootNodes: [{ url: server.url }] });
    await untilHit(one);
    expect(await one.f.cache.delete(1)).toBe(true);
    expect(await one.f.cache.has(1)).toBe(false);
    await one.f.cache.clear();
    await untilHit(one);
    await server.kill();
    await endure(one, async () => {
      await server.start();
      await until("the cluster knows its slots", async () =>
        /state:ok/.test(String(await server.command("CLUSTER", "INFO"))),
      );
    });
  });

  it("that wants a password", async () => {
    const server = await startServer("--requirepass", "an unknown password");
    await endure(cachedOn(server.url), () => server.command("CONFIG", "SET", "requirepass", ""));
  });

  it("a replica of a server that is gone: hits are hits, and nothing is written", async () => {
    const server = await startServer();
    const one = cachedOn(server.url);
    await untilHit(one);
    await server.tell("REPLICAOF 127.0.0.1 1");
    const { hits } = one.f.cache.stats();
    expect([await one.f(1), one.f.cache.stats().hits]).toEqual(["1 v1", hits + 1]);
    for (let i = 0; i < 20; i += 1) expect(await callAnew(one)).toBeLessThan(BUDGET);
    await expect(one.f.cache.delete(1)).rejects.toThrow(CacheOperationError);
    one.source.version = "v2";
    expect(await one.f(1)).toBe("1 v2");
    await server.tell("REPLICAOF NO ONE");
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
    expect(await one.f(1)).toBe("1 v2");
  });

  it("READONLY after a failover behind one name: the connection was kept to who had been the master", async () => {
    const [old, next] = [await startServer(), await startServer()];
    const proxy = await startProxy(old);
    const one = cachedOn(proxy.url);
    await untilHit(one);
    // The name leads to another server now, and connections that are there do not end.
    proxy.target = next.port;
    await old.tell(`REPLICAOF 127.0.0.1 ${next.port}`);
    one.source.version = "v2";
    expect(await callAnew(one)).toBeLessThan(BUDGET);
    await until("something is kept on the other server", async () => {
      await callAnew(one);
      return (await next.tell("DBSIZE")) !== ":0\r\n";
    });
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
    expect(await one.f(1)).toBe("1 v2");
    expect(proxy.connections).toBeLessThan(5);
  });

  it("whose memory is full: nothing is written, and removals work", async () => {
    const server = await startServer();
    const one = cachedOn(server.url, { tags: ["t"] });
    const other = cachedOn(`${server.url}/0`, { tags: ["t"] });
    for (const key of [1, 2, 3]) await untilHit(one, key);
    await server.tell("CONFIG SET maxmemory 1mb");
    for (let i = 0; i < 20; i += 1) expect(await callAnew(one)).toBeLessThan(BUDGET);
    expect(await other.f(1)).toBe("1 v1");
    expect(other.source.runs).toBe(0);
    expect(await one.f.cache.delete(1)).toBe(true);
    expect([await other.f.cache.has(1), await other.f.cache.has(2)]).toEqual([false, true]);
    await invalidateTags("t");
    expect(await other.f.cache.has(2)).toBe(false);
    await one.f.cache.clear();
    await server.tell("CONFIG SET maxmemory 0");
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
  });

  it("that is emptied: everything is made anew", async () => {
    const server = await startServer();
    const one = cachedOn(server.url, { tags: ["t"] });
    await untilHit(one);
    await server.tell("FLUSHALL");
    one.source.version = "v2";
    expect(await one.f(1)).toBe("1 v2");
    expect(await untilHit(one)).toBeLessThan(RECOVERY);
    await server.tell("FLUSHALL");
    await invalidateTags("t");
    one.source.version = "v3";
    expect(await one.f(1)).toBe("1 v3");
  });

  it("that forgets its scripts, in the middle of many operations", async () => {
    const server = await startServer();
    const one = cachedOn(server.url);
    await untilHit(one);
    for (let round = 0; round < 5; round += 1) {
      const keys = Array.from({ length: 300 }, (_, i) => 10 + round * 300 + i);
      const calls = Promise.all(keys.map((key) => one.f(key)));
      const flushed = server.tell("SCRIPT FLUSH");
      expect(await calls).toEqual(keys.map((key) => `${key} v1`));
      await flushed;
      await server.tell("SCRIPT FLUSH");
      await one.f.cache.delete(keys[0] as number);
      expect([await one.f.cache.has(keys[0] as number), await one.f.cache.has(keys[1] as number)]).toEqual([
        false,
        true,
      ]);
    }
    expect(lines).toEqual([]);
  });

  it("that evicts by chance, what we keep about entries too: nothing removed comes back", async () => {
    const server = await startServer("--maxmemory-policy", "allkeys-random");
    const [one, other] = [cachedOn(server.url, { tags: ["t"] }), cachedOn(`${server.url}/0`, { tags: ["t"] })];
    await untilHit(one);
    await untilHit(other);
    const used = Number(/used_memory:(\d+)/.exec(await server.tell("INFO memory"))?.[1]);
    await server.tell(`CONFIG SET maxmemory ${used + 300_000}`);
    for (let round = 0; round < 60; round += 1) {
      const version = `v${round}-${"x".repeat(9_000)}`;
      for (const { source } of [one, other]) source.version = version;
      if (round % 3 === 0) await one.f.cache.clear();
      else if (round % 3 === 1) await invalidateTags("t");
      else for (let key = 0; key < 40; key += 1) await one.f.cache.delete(key);
      for (let key = 0; key < 40; key += 1) {
        expect(await other.f(key)).toBe(`${key} ${version}`);
        expect(await one.f(key)).toBe(`${key} ${version}`);
      }
    }
    expect(Number(/evicted_keys:(\d+)/.exec(await server.tell("INFO stats"))?.[1])).toBeGreaterThan(20);
    expect(one.f.cache.stats().hits).toBeGreaterThan(100);
  });
});
