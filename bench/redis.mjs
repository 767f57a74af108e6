/** A Redis server for the rows that need one, on a free port of this machine, and the peers' caches on it. */

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Starts a server; what ends it, or `undefined` where there is none to start. Rows find it by BENCH_REDIS_URL. */
export async function startRedis() {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn("redis-server", where, { stdio: "ignore" });
  process.env.BENCH_REDIS_URL = `redis://127.0.0.1:${port}`;
  for (let left = 200; left > 0; left -= 1) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isThere) return () => child.kill();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill();
  throw new Error("redis-server did not start");
}

const url = () => process.env.BENCH_REDIS_URL ?? "redis://127.0.0.1:6379";
const minute = 60_000;
const ours = "../dist/index.js";

/** The client that @keyv/redis brings, with JSON, by hand. */
export async function byHand() {
  const { createClient } = await import("@keyv/redis");
  const client = createClient({ url: url() });
  await client.connect();
  return client;
}

/** Ours; `memory`: with a memory in front. */
export async function cached(compute, name, memory = false) {
  const { acache } = await import(ours);
  const options = { redis: url(), name, folderName: "bench", version: 1, ttl: "1m", engineTimeout: "10s" };
  return acache(compute, { ...options, ...(memory && { memory: { ttl: "1h" } }) });
}

/** bentocache, on the server alone or with a memory in front. */
export async function bento(memory = false) {
  const [{ BentoCache, bentostore }, { redisDriver }, { memoryDriver }] = await Promise.all([
    import("bentocache"),
    import("bentocache/drivers/redis"),
    import("bentocache/drivers/memory"),
  ]);
  const { hostname: host, port } = new URL(url());
  const server = redisDriver({ connection: { host, port: Number(port) } });
  const store = memory ? bentostore().useL1Layer(memoryDriver({ maxItems: 2_000 })) : bentostore();
  return new BentoCache({ default: "all", ttl: minute, stores: { all: store.useL2Layer(server) } });
}

/** cache-manager. */
export async function manager(memory = false) {
  const [{ createCache }, { Keyv }, { default: KeyvRedis }] = await Promise.all([
    import("cache-manager"),
    import("keyv"),
    import("@keyv/redis"),
  ]);
  const server = new Keyv({ store: new KeyvRedis(url()), namespace: "manager" });
  return createCache({ ttl: minute, stores: memory ? [new Keyv(), server] : [server] });
}

/** cacheable. */
export async function cacheable(memory = false) {
  const [{ Cacheable }, { Keyv }, { default: KeyvRedis }] = await Promise.all([
    import("cacheable"),
    import("keyv"),
    import("@keyv/redis"),
  ]);
  const server = new Keyv({ store: new KeyvRedis(url()), namespace: "cacheable" });
  return new Cacheable({ ttl: minute, ...(memory ? { secondary: server } : { primary: server }) });
}

/** The keys of the rows, and the small object that each of them has. */
export const inputs = Array.from({ length: 64 }, (_, i) => `user:${i}`);
const value = { id: 7, name: "Ada Lovelace", tags: ["a", "b"], address: { street: "St James’s Square", number: 12 } };

/** The anchor of the rows. */
export const BY_HAND = "the client with JSON, by hand";
/** What is claimed in them. */
export const claims = [{ faster: "twat-cache acache", than: ["bentocache", "cache-manager", "cacheable"] }];

/** Hits, in a cache of ours of that name, on the server alone or with a memory in front. */
export const hits = (name, memory = false) => ({
  [BY_HAND]: {
    async make() {
      const client = await byHand();
      for (const input of inputs) await client.set(input, JSON.stringify(value), { PX: minute });
      return async (key) => JSON.parse(await client.get(key));
    },
  },
  "twat-cache acache": {
    ours: true,
    async make() {
      return cached(() => value, name, memory);
    },
  },
  bentocache: {
    async make() {
      const cache = await bento(memory);
      return (key) => cache.getOrSet({ key, factory: () => value, ttl: minute });
    },
  },
  "cache-manager": {
    async make() {
      const cache = await manager(memory);
      return (key) => cache.wrap(key, () => value, minute);
    },
  },
  cacheable: {
    async make() {
      const cache = await cacheable(memory);
      return cache.wrap(async (_key) => value, { ttl: minute, keyPrefix: "bench" });
    },
  },
});

/** Writes, the same. */
export const writes = (name) => ({
  [BY_HAND]: {
    async make() {
      const client = await byHand();
      return (key) => client.set(key, JSON.stringify(value), { PX: minute });
    },
  },
  "twat-cache acache": {
    ours: true,
    async make() {
      const fn = await cached(() => value, name);
      return (key) => fn.cache.set([key], value);
    },
  },
  bentocache: {
    async make() {
      const cache = await bento();
      return (key) => cache.set({ key, value, ttl: minute });
    },
  },
  "cache-manager": {
    async make() {
      const cache = await manager();
      return (key) => cache.set(key, value, minute);
    },
  },
  cacheable: {
    async make() {
      const cache = await cacheable();
      return (key) => cache.set(key, value, minute);
    },
  },
});

/** The same for all keys at once, awaited together. */
export const atOnce = (subjects) =>
  Object.fromEntries(
    Object.entries(subjects).map(([name, subject]) => {
      const make = async () => {
        const operation = await subject.make();
        return () => Promise.all(inputs.map((key) => operation(key)));
      };
      return [name, { ...subject, make }];
    }),
  );
