/** Options about a server, in both directions. */

import { acache, bcache, mcache, type RedisOptions, ucache } from "twat-cache";

type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(value?: T): T | undefined => value;

const length = (text: string): number => text.length;
const redis = "redis://127.0.0.1:6379";

// A server makes a promise of every result, and of every operation of the handle.
const one = acache(length, { redis, ttl: "1m" });
yes<Is<ReturnType<typeof one>, Promise<number>>>();
yes<Is<ReturnType<typeof one.cache.has>, Promise<boolean>>>();
const two = ucache(length, { redis: { url: redis, socket: { tls: true } }, memory: true });
yes<Is<ReturnType<typeof two>, Promise<number>>>();
const three = ucache(length, { engine: "redis" });
yes<Is<ReturnType<typeof three>, Promise<number>>>();
const four = bcache(length, { redis, folderName: "f", secret: "sixteen letters!" });
yes<Is<ReturnType<typeof four>, Promise<number>>>();
const options: RedisOptions = { rootNodes: [{ url: redis }] };
acache(length, { redis: options, engine: "redis", fallback: false });

class Shop {
  @acache({ redis, thisKey: () => "shop" })
  async price(item: string): Promise<number> {
    return item.length;
  }
}
void new Shop().price("pen");

// @ts-expect-error a port is no server
acache(length, { redis: 6379 });
// @ts-expect-error functions in memory have no server
mcache(length, { redis });
// @ts-expect-error a server answers later
bcache(length, { redis, sync: true, memory: true });

// Tiers are memories and, last, an engine where entries outlive the process.
const tiered = acache(length, { tiers: [{ engine: "lru", maxSize: 10, ttl: "1s" }, { engine: "redis" }], redis });
yes<Is<ReturnType<typeof tiered>, Promise<number>>>();
ucache(length, { tiers: [{ engine: "map" }, { engine: "lru" }, { engine: "sqlite" }] });
// @ts-expect-error a tier that is not the last one is a memory
bcache(length, { tiers: [{ engine: "sqlite" }, { engine: "redis" }] });
// @ts-expect-error there is at least one
bcache(length, { tiers: [] });
// @ts-expect-error functions in memory have one
mcache(length, { tiers: [{ engine: "lru" }, { engine: "redis" }] });
