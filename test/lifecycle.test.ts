import { describe, expect, it } from "vitest";
import { node } from "./support/build.js";

const program = (body: string): readonly string[] => [
  "--unhandled-rejections=strict",
  "--expose-gc",
  "--input-type=module",
  "--eval",
  `import { acache, cacheOf, CacheContext, closeCaches, getStats, mcache, ucache, withCache } from "twat-cache"; ${body}`,
];

describe("a process exits by itself, at once", () => {
  it.each([
    ["that only imports", ""],
    ["that only wraps", 'mcache((n) => n, { ttl: "1h" });'],
    ["that calls", 'const f = mcache((n) => n, { ttl: "1h" }); for (let i = 0; i < 1000; i += 1) f(i % 10);'],
    ["that awaits", 'const f = acache(async (n) => n, { ttl: "7d" }); await Promise.all([f(1), f(1), f(2)]);'],
    ["that opened a block", 'await withCache({ ttl: "1h" }, async (cache) => { await cache.set("k", 1); });'],
    ["that left a context open", 'const cache = new CacheContext({ ttl: "1h" }).enter(); await cache.set("k", 1);'],
    ["that closes twice", "const f = mcache((n) => n); f(1); await closeCaches(); await closeCaches();"],
    ["with a load that never ends", "const f = acache(() => new Promise(() => undefined)); void f(1); void f(1);"],
    ["with the exact clock", 'const f = mcache((n) => n, { ttl: 1, clock: "exact" }); f(1);'],
  ])("%s", async (_what, body) => {
    const started =
      'const started = performance.now(); process.on("exit", () => console.log(Math.round(performance.now() - started)));';
    const { code, stdout, stderr } = await node(program(`${started} ${body}`), { timeout: 10_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(Number(stdout)).toBeLessThan(2_000);
  });

  it("and leaves no timer, socket or handle", async () => {
    const body = `
      const f = acache(async (n) => n, { ttl: "1h" });
      const g = mcache((n) => n, { ttl: "1h" });
      for (let i = 0; i < 5000; i += 1) { await f(i % 7); g(i % 7); }
      await withCache({}, (cache) => cache.getOrSet("k", () => 1));
      await new Promise((resolve) => setImmediate(resolve));
      console.log(JSON.stringify(process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|Socket|FS|Worker/.test(name))));
    `;
    const { stdout, stderr } = await node(program(body));
    expect([stdout, stderr]).toEqual(["[]\n", ""]);
  });
});

describe("memory", () => {
  it("100,000 short-lived instances with three cached methods: at most 1 KB each, and all collected", async () => {
    const body = `
      class Plain { constructor(id) { this.id = id; } }
      class Repository {
        constructor(id) { this.id = id; }
        get total() { return this.id; }
        find(key) { return this; }
        count() { return this.id + 1; }
      }
      for (const name of ["find", "count"]) {
        const descriptor = Object.getOwnPropertyDescriptor(Repository.prototype, name);
        Object.defineProperty(Repository.prototype, name, mcache()(Repository.prototype, name, descriptor));
      }
      const total = Object.getOwnPropertyDescriptor(Repository.prototype, "total");
      Object.defineProperty(Repository.prototype, "total", mcache()(Repository.prototype, "total", total));
      const settle = async () => { for (let i = 0; i < 4; i += 1) { gc(); await new Promise((resolve) => setImmediate(resolve)); } };
      const used = () => process.memoryUsage().heapUsed;
      const use = (repository) => { repository.find("key"); repository.find("key"); repository.count(); repository.count(); return repository.total + repository.total; };
      use(new Repository(-1));
      await settle();

      const N = 100_000;
      let before = used();
      let plain = Array.from({ length: N }, (_, i) => new Plain(i));
      await settle();
      const instance = (used() - before) / N;
      plain = undefined;
      await settle();

      before = used();
      let kept = Array.from({ length: N }, (_, i) => { const repository = new Repository(i); use(repository); return repository; });
      await settle();
      const each = (used() - before) / N;
      const hits = getStats().hits;
      kept = undefined;
      await settle();
      const left = (used() - before) / N;

      let peak = 0;
      for (let i = 1; i <= N; i += 1) { use(new Repository(i)); if (i % 20_000 === 0) { await settle(); peak = Math.max(peak, used() - before); } }
      console.log(JSON.stringify({ instance, each, left, hits, peak: peak / 1e6 }));
    `;
    const { stdout, stderr } = await node(program(body));
    expect(stderr).toBe("");
    const { each, left, hits, peak } = JSON.parse(stdout) as Record<string, number>;
    expect(each).toBeLessThanOrEqual(1_024);
    // What stays is the room that three WeakMaps have made for 100,000 keys each.
    expect(left).toBeLessThan(150);
    expect(hits).toBeGreaterThanOrEqual(300_000);
    expect(peak, "the heap does not grow with the number of instances").toBeLessThan(20);
  });

  it("wrapped functions are collected, and what they counted stays", async () => {
    const body = `
      const settle = async () => { for (let i = 0; i < 6; i += 1) { gc(); await new Promise((resolve) => setTimeout(resolve, 5)); } };
      const before = getStats();
      let gone = 0;
      const registry = new FinalizationRegistry(() => { gone += 1; });
      (function () {
        for (let i = 0; i < 1000; i += 1) {
          const f = mcache((n) => n, { name: "short-lived" });
          f(1); f(1);
          registry.register(f);
        }
      })();
      await settle();
      const after = getStats();
      console.log(JSON.stringify({ gone, hits: after.hits - before.hits, misses: after.misses - before.misses, caches: after.totalCaches - before.totalCaches }));
    `;
    const { stdout, stderr } = await node(program(body));
    expect(stderr).toBe("");
    const { gone, hits, misses, caches } = JSON.parse(stdout) as Record<string, number>;
    expect([hits, misses]).toEqual([1_000, 1_000]);
    expect(gone).toBeGreaterThan(950);
    expect(caches).toBeLessThan(50);
  });

  it("stays flat under millions of keys, with and without a TTL", async () => {
    const body = `
      const settle = async () => { for (let i = 0; i < 4; i += 1) { gc(); await new Promise((resolve) => setImmediate(resolve)); } };
      const f = mcache((n) => ({ n }), { maxSize: 10_000 });
      const g = mcache((n) => ({ n }), { maxSize: 10_000, ttl: "1h" });
      const h = mcache((n) => ({ n }), { maxSize: 10_000, policy: "lfu" });
      const sizes = [];
      for (let i = 1; i <= 600_000; i += 1) {
        f(i); if (i % 3 === 0) g(i); if (i % 3 === 1) h(i);
        if (i === 120_000 || i === 600_000) { await settle(); sizes.push(process.memoryUsage().heapUsed); }
      }
      console.log(sizes[1] / sizes[0]);
    `;
    const { stdout, stderr } = await node(program(body));
    expect(stderr).toBe("");
    expect(Number(stdout)).toBeLessThan(1.1);
  });
});
