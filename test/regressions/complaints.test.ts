/**
 * What users of other caches have complained of (docs of the field, section 2.6), by number, where it concerns memory.
 * Decorators under both systems, which 1-6 are about as well, are in fixtures/decorators.ts.
 */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { acache, cacheOf, mcache } from "../../src/index.js";
import { chaosEngine, createFakeClock } from "../../src/testing/index.js";
import { root } from "../support/build.js";
import { settle } from "../support/deferred.js";
import { thirdPartyAsync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();

/** Decorates as `experimentalDecorators` does. */
function decorate(type: { prototype: object }, name: string, decorator: (...args: never[]) => unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, name);
  const apply = decorator as unknown as (target: object, name: string, descriptor: unknown) => PropertyDescriptor;
  Object.defineProperty(type.prototype, name, apply(type.prototype, name, descriptor));
}

describe("complaints", () => {
  it("1: two methods of one instance share a cache", () => {
    class Api {
      a(id: number): string {
        return `a ${id}`;
      }
      b(id: number): string {
        return `b ${id}`;
      }
    }
    decorate(Api, "a", mcache());
    decorate(Api, "b", mcache());
    const api = new Api();
    expect([api.a(1), api.b(1), api.a(1), api.b(1)]).toEqual(["a 1", "b 1", "a 1", "b 1"]);
  });

  it("2: one cache is shared by all instances", () => {
    class Api {
      constructor(readonly base: string) {}
      get(path: string): string {
        return this.base + path;
      }
    }
    decorate(Api, "get", mcache());
    expect([new Api("x").get("/"), new Api("y").get("/")]).toEqual(["x/", "y/"]);
  });

  it("3: decorators work under one system only: see decorators.test.ts", () => {
    const source = readFileSync(join(root, "test/decorators.test.ts"), "utf8");
    expect(source).toMatch("as standard decorators");
    expect(source).toMatch("with experimentalDecorators");
  });

  it("4: the decorator loses what other decorators left on the function, or the descriptor", () => {
    class Api {
      get(): number {
        return 1;
      }
    }
    Object.assign(Api.prototype.get, { route: "/get" });
    Object.defineProperty(Api.prototype, "get", { enumerable: true, writable: false });
    decorate(Api, "get", mcache());
    expect((Api.prototype.get as unknown as { route: string }).route).toBe("/get");
    expect(Object.getOwnPropertyDescriptor(Api.prototype, "get")).toMatchObject({ enumerable: true, writable: false });
  });

  it("5: a subclass shares its parent's cache, or its override is ignored", () => {
    class Base {
      name(): string {
        return "base";
      }
    }
    class Sub extends Base {
      override name(): string {
        return `sub of ${super.name()}`;
      }
    }
    decorate(Base, "name", mcache());
    decorate(Sub, "name", mcache());
    const sub = new Sub();
    expect([sub.name(), sub.name(), new Base().name(), Base.prototype.name.call(sub)]).toEqual([
      "sub of base",
      "sub of base",
      "base",
      "base",
    ]);
  });

  it("6: the cache keeps instances alive: see lifecycle.test.ts", () => {
    expect(readFileSync(join(root, "test/lifecycle.test.ts"), "utf8")).toMatch("short-lived instances");
  });

  it("7: minified names as keys: functions of one name do not share", () => {
    const make = (factor: number) =>
      function t(n: number): number {
        return factor * n;
      };
    const [two, three] = [mcache(make(2)), mcache(make(3))];
    expect([two(1), three(1), two.cache.name, three.cache.name]).toEqual([2, 3, "t", "t#2"]);
  });

  it("8: overloads and generics are lost: see types/memory.ts", () => {
    const source = readFileSync(join(root, "test/types/memory.ts"), "utf8");
    expect(source).toMatch("Generics stay generic");
    expect(source).toMatch("Overloads stay");
  });

  it("9: two wrapped functions with the same arguments collide", () => {
    const [add, multiply] = [mcache((a: number, b: number) => a + b), mcache((a: number, b: number) => a * b)];
    expect([add(2, 3), multiply(2, 3), add(2, 3), multiply(2, 3)]).toEqual([5, 6, 5, 6]);
  });

  it("10: Map, undefined and Date arguments collide", () => {
    const kind = mcache((value?: unknown) => Object.prototype.toString.call(value) + String(value));
    const values = [new Map(), undefined, new Date(1), new Date(2), null, {}, "undefined", new Set()];
    expect(new Set(values.map((value) => kind(value))).size).toBeGreaterThanOrEqual(7);
    expect(kind.cache.stats().misses).toBe(values.length);
  });

  it("11: argument boundaries collide", () => {
    const join = mcache((...parts: string[]) => parts.join("|"));
    expect([join("a", "bc"), join("ab", "c"), join("a,bc"), join("a", "b", "c")]).toEqual([
      "a|bc",
      "ab|c",
      "a,bc",
      "a|b|c",
    ]);
  });

  it("12: a weak hash gives another user's value: keys in memory are not hashed at all", () => {
    const user = mcache((token: string) => token, { maxSize: 10 });
    // Two strings with the same 32-bit hash in another library.
    expect([user("4ca461163895236e8fe6dbc467b8dec1"), user("94c090d484f80e12f1abb25c0320ded2")]).toEqual([
      "4ca461163895236e8fe6dbc467b8dec1",
      "94c090d484f80e12f1abb25c0320ded2",
    ]);
    expect(mcache((value: object) => value).cache.key({ a: "long".repeat(1_000) })).toContain("long".repeat(1_000));
  });

  it("13: closures with the same source collide", () => {
    const scale = (factor: number) => mcache((n: number) => factor * n, { name: "scaled" });
    expect([scale(2)(5), scale(3)(5)]).toEqual([10, 15]);
  });

  it("14: an error is swallowed, or cached by surprise", async () => {
    let runs = 0;
    const error = new Error("once");
    const read = acache(async () => {
      runs += 1;
      if (runs === 1) throw error;
      return runs;
    });
    await expect(read()).rejects.toBe(error);
    expect(await read()).toBe(2);
  });

  it("15: a rejected promise is cached for ever", async () => {
    let runs = 0;
    const read = mcache(() => (++runs === 1 ? Promise.reject(new Error("once")) : Promise.resolve(runs)));
    await expect(read()).rejects.toThrow("once");
    expect([await read(), await read()]).toEqual([2, 2]);
  });

  it("16, 17: 0, false, null and undefined are not cached, or throw", async () => {
    for (const value of [0, false, null, undefined, ""]) {
      let runs = 0;
      const read = acache(async () => ++runs && value);
      expect([await read(), await read(), runs]).toEqual([value, value, 1]);
    }
  });

  it("18: a Date becomes a string after a hit", () => {
    const read = mcache(() => ({ at: new Date(5), tags: new Set(["a"]) }), { clone: "structured" });
    read();
    expect(read().at).toBeInstanceOf(Date);
    expect(read().tags).toBeInstanceOf(Set);
  });

  it("19: background work crashes the process", async () => {
    const read = acache(async (n: number) => n, {
      maxSize: Number.POSITIVE_INFINITY,
      policy: "fifo",
      engine: chaosEngine(thirdPartyAsync, { faults: ["throw", "throw-after", "garbage"] }),
      onError: () => Promise.reject(new Error("hook")) as unknown as undefined,
      onSet: () => Promise.reject(new Error("hook")) as unknown as undefined,
    });
    await Promise.all(Array.from({ length: 50 }, (_, i) => read(i % 5)));
    await settle();
    expect(read.cache.stats().engineFailures).toBeGreaterThan(0);
  });

  it("20: listeners leak", () => {
    const events = ["exit", "beforeExit", "unhandledRejection", "uncaughtException", "warning"];
    const count = (): number => events.reduce((sum, event) => sum + process.listenerCount(event), 0);
    const before = count();
    for (let i = 0; i < 50; i += 1) mcache((n: number) => n, { ttl: "1h" })(i);
    expect(count()).toBe(before);
  });

  it("22: memory grows without a bound by default", () => {
    const read = mcache((n: number) => n, { ttl: "1h" });
    for (let i = 0; i < 5_000; i += 1) read(i);
    expect(read.cache.stats().size).toBe(1_000);
  });

  it("23: a TTL above 24.8 days becomes 1 ms", () => {
    const clock = createFakeClock();
    const read = mcache(() => ({}), { ttl: "30d", clock });
    const first = read();
    clock.advance("29d");
    expect(read()).toBe(first);
  });

  it("29: code is made from strings, which a content security policy forbids", () => {
    const program =
      'import { mcache } from "twat-cache"; const f = mcache((n) => ({ n }), { ttl: "5m", maxSize: 5 }); f(1); console.log(f(1).n);';
    const output = execFileSync(
      process.execPath,
      ["--disallow-code-generation-from-strings", "--input-type=module", "--eval", program],
      { cwd: root, encoding: "utf8" },
    );
    expect(output).toBe("1\n");
    expect(readFileSync(join(root, "dist/index.js"), "utf8")).not.toMatch(/\beval\(|new Function\(/);
  });

  it("30: a synchronous function becomes asynchronous", () => {
    expect(mcache((n: number) => n)(5)).toBe(5);
  });

  it("33: surprising defaults: one entry, one second", () => {
    const clock = createFakeClock();
    let runs = 0;
    const read = mcache((n: number) => ++runs && n, { clock });
    for (let i = 0; i < 1_000; i += 1) read(i);
    clock.advance("365d");
    for (let i = 0; i < 1_000; i += 1) read(i);
    expect(runs).toBe(1_000);
    expect(lines).toEqual([]);
    expect(cacheOf(read).stats()).toMatchObject({ maxSize: 1_000, engine: "lru" });
  });
});
