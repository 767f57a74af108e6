import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { acache, CacheValueError, type EvictEvent, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
const warnings = (): string[] => lines.filter(({ level }) => level === "warn").map(({ message }) => message);

describe("key", () => {
  it("stands for the arguments", () => {
    let runs = 0;
    const find = mcache((user: { id: number; name: string }) => `${++runs} ${user.name}`, { key: (user) => user.id });
    expect(find({ id: 1, name: "Ada" })).toBe("1 Ada");
    expect(find({ id: 1, name: "Eve" })).toBe("1 Ada");
    expect(find({ id: 2, name: "Bob" })).toBe("2 Bob");
  });

  it("may be anything that can be an argument, and is told apart as one", () => {
    const values = [1, "1", [1], { a: 1 }, null, undefined, new Date(1)];
    const echo = mcache((i: number) => i, { key: (i) => values[i] });
    expect(values.map((_value, i) => echo(i))).toEqual([...values.keys()]);
  });

  it("sees the call's `this`, which still counts", () => {
    const find = mcache(
      function (this: { tenant: string }, id: number): string {
        return `${this.tenant} ${id}`;
      },
      { key: (id) => id },
    );
    expect([find.call({ tenant: "a" }, 1), find.call({ tenant: "b" }, 1)]).toEqual(["a 1", "b 1"]);
  });

  it("that throws: the call runs uncached, and the hook hears of it", () => {
    const heard: unknown[] = [];
    let runs = 0;
    const find = mcache((_id: number) => ++runs, {
      key: () => {
        throw new Error("no key");
      },
      onError: ({ operation, error }) => void heard.push([operation, (error as Error).message]),
    });
    expect([find(1), find(1)]).toEqual([1, 2]);
    expect(heard).toEqual([
      ["key", "no key"],
      ["key", "no key"],
    ]);
    expect(find.cache.stats()).toMatchObject({ hits: 0, misses: 2, bypasses: 2 });
    expect(warnings()).toHaveLength(1);
  });
});

describe("an option's function that answers with a promise: the call runs uncached, and says so", () => {
  const late = (): never => Promise.reject(new Error("late")) as never;
  it.each([
    ["key", { key: late }],
    ["when", { when: late }],
    ["ignore", { ignore: late }],
    ["thisKey", { thisKey: late }],
    ["shouldCache", { shouldCache: late }],
    ["ttl", { ttl: late }],
    ["sizeOf", { sizeOf: late, maxBytes: 1_000 }],
  ])("%s", async (option, options) => {
    const heard: unknown[] = [];
    let runs = 0;
    const find = mcache((_id: number) => ++runs, {
      ...options,
      onError: ({ operation, error }) => void heard.push([operation, (error as Error).message]),
    });
    expect([find(1), find(1)]).toEqual([1, 2]);
    await settle();
    const message = expect.stringContaining("Expected an answer at once; got a promise.") as string;
    expect(heard).toEqual([
      [option, message],
      [option, message],
    ]);
    const { hits, misses } = find.cache.stats();
    expect([hits, misses]).toEqual([0, 2]);
  });
});

describe("ignore", () => {
  it("leaves positions out of the key", () => {
    let runs = 0;
    const load = mcache((id: number, _signal?: object, page?: number) => `${id} ${page} ${++runs}`, { ignore: [1] });
    expect(load(1, {}, 2)).toBe("1 2 1");
    expect(load(1, new AbortController(), 2)).toBe("1 2 1");
    expect(load(1, {}, 3)).toBe("1 3 2");
    expect(load(1)).toBe("1 undefined 3");
    expect(load(1, {})).toBe("1 undefined 3");
  });

  it("asks a function", () => {
    let runs = 0;
    const load = mcache((..._args: unknown[]) => ++runs, { ignore: (argument) => argument instanceof AbortSignal });
    const { signal } = new AbortController();
    expect([load(1, signal), load(1), load(signal, 1), load(signal, 1, signal)]).toEqual([1, 1, 2, 2]);
  });
});

describe("when", () => {
  it("decides whether a call uses the cache", () => {
    let runs = 0;
    const find = mcache((id: number, _fresh = false) => `${id} ${++runs}`, {
      when: ([, fresh]) => fresh !== true,
      ignore: [1],
    });
    expect([find(1), find(1, true), find(1), find(1, true)]).toEqual(["1 1", "1 2", "1 1", "1 3"]);
    expect(find.cache.stats()).toMatchObject({ hits: 1, misses: 3, bypasses: 2, loads: 1 });
  });

  it("that throws: the call runs uncached", () => {
    let runs = 0;
    const find = mcache((_id: number) => ++runs, {
      when() {
        throw new Error("undecided");
      },
    });
    expect([find(1), find(1)]).toEqual([1, 2]);
    expect(warnings()).toEqual([expect.stringContaining('"when"')]);
  });
});

describe("shouldCache", () => {
  it("decides whether a value is stored", () => {
    let runs = 0;
    const find = mcache((id: number) => (id > 0 ? `${++runs}` : `bad ${++runs}`), {
      shouldCache: (value, [id]) => !value.startsWith("bad") && id !== 5,
    });
    expect([find(1), find(1), find(-1), find(-1), find(5), find(5)]).toEqual(["1", "1", "bad 2", "bad 3", "4", "5"]);
    expect(find.cache.stats()).toMatchObject({ refusals: 4, size: 1 });
    expect(warnings(), "a decision is no problem").toEqual([]);
  });

  it("that throws: the value is returned and not stored", () => {
    const find = mcache((id: number) => id, {
      shouldCache() {
        throw new Error("undecided");
      },
    });
    expect([find(1), find(1), find.cache.has(1)]).toEqual([1, 1, false]);
  });
});

describe("ttl as a function", () => {
  it("says it for each value", async () => {
    const clock = createFakeClock();
    let runs = 0;
    const find = acache(async (seconds: number) => ({ run: ++runs, seconds }), {
      ttl: ({ seconds }, [argument]) => (seconds === argument ? `${seconds}s` : 0),
      clock,
    });
    await find(1);
    await find(60);
    clock.advance("1s");
    expect([(await find(1)).run, (await find(60)).run]).toEqual([3, 2]);
  });

  it("that says nothing: until evicted", () => {
    const clock = createFakeClock();
    let runs = 0;
    const find = mcache(() => ++runs, { ttl: () => undefined as never, clock });
    find();
    clock.advance("1000d");
    expect(find()).toBe(1);
  });

  it.each([-1, Number.NaN, "5 minutes", {}])("that says %j: the value is returned and not stored", (said) => {
    let runs = 0;
    const find = mcache(() => ++runs, { ttl: () => said as never });
    expect([find(), find()]).toEqual([1, 2]);
    expect(warnings()).toEqual([expect.stringContaining('"ttl"')]);
  });
});

describe("maxBytes", () => {
  it("bounds what the entries add up to, by sizeOf and the keys' length", () => {
    const text = mcache((length: number) => "x".repeat(length), { maxBytes: 100, sizeOf: (value) => value.length });
    for (const length of [30, 31, 32, 33]) text(length);
    expect(text.cache.stats()).toMatchObject({ size: 3, evictions: 1 });
    const long = mcache((key: string) => key.length, { maxBytes: 1_000, sizeOf: () => 0 });
    for (let i = 0; i < 10; i += 1) long(String(i).repeat(100));
    expect(long.cache.stats()).toMatchObject({ size: 5, evictions: 5 });
  });

  it("estimates sizes unless told them", () => {
    const block = mcache((i: number) => new Uint8Array(100_000).fill(i), { maxBytes: "1MB" });
    for (let i = 1; i <= 30; i += 1) block(i);
    expect(block.cache.stats().size).toBe(10);
  });

  it("leaves out what is larger than all of it, and says so", () => {
    const text = mcache((length: number) => "x".repeat(length), { maxBytes: 100, sizeOf: (value) => value.length });
    expect(text(101)).toHaveLength(101);
    expect(text.cache.stats()).toMatchObject({ size: 0, refusals: 1 });
    expect(warnings()).toHaveLength(1);
  });

  it.each([Number.NaN, -1, "5", undefined])("a sizeOf that says %j: the value is not stored", (said) => {
    const text = mcache((n: number) => n, { maxBytes: 100, sizeOf: () => said as number });
    expect([text(1), text(1)]).toEqual([1, 1]);
    expect(text.cache.stats().size).toBe(0);
  });
});

describe("clone", () => {
  const make = (): { list: number[] } => ({ list: [1] });

  it("none: callers share the very object", () => {
    const read = mcache(make);
    read().list.push(2);
    expect(read().list).toEqual([1, 2]);
  });

  it("structured: what callers do to results changes no later one", () => {
    const read = mcache(make, { clone: "structured" });
    read().list.push(2);
    read().list.push(3);
    expect(read().list).toEqual([1]);
    expect(read()).not.toBe(read());
    expect(read.cache.peek()).not.toBe(read.cache.peek());
  });

  it("structured: callers that share a load have copies of their own", async () => {
    const read = mcache(async () => make(), { clone: "structured" });
    const [one, two] = await Promise.all([read(), read()]);
    one.list.push(2);
    two.list.push(3);
    expect((await read()).list).toEqual([1]);
    expect([one.list, two.list]).toEqual([
      [1, 2],
      [1, 3],
    ]);
  });

  it("structured: what cannot be copied exactly is returned, not stored, and told once", async () => {
    class Account {
      readonly #balance = 1;
      balance(): number {
        return this.#balance;
      }
    }
    const read = mcache(() => new Account(), { clone: "structured" });
    expect(read().balance()).toBe(1);
    expect(read()).not.toBe(read());
    expect(read.cache.stats()).toMatchObject({ hits: 0, refusals: 3, size: 0 });
    expect(warnings()).toEqual([expect.stringContaining("Account")]);
    const shared = mcache(async () => new Account(), { clone: "structured" });
    const [one, two] = await Promise.all([shared(), shared()]);
    expect(one).toBe(two);
  });

  it("freeze: a change throws in the caller", () => {
    const read = mcache(make, { clone: "freeze" });
    expect(() => read().list.push(2)).toThrow(TypeError);
    expect(read()).toBe(read());
    expect(read()).toEqual({ list: [1] });
  });

  it("freeze: what freezing does not protect is returned unfrozen, and not stored", () => {
    const read = mcache(() => ({ map: new Map([[1, 2]]), plain: { a: 1 } }), { clone: "freeze" });
    const value = read();
    value.map.set(3, 4);
    value.plain.a = 2;
    expect(read()).toEqual({ map: new Map([[1, 2]]), plain: { a: 1 } });
    expect(read.cache.stats()).toMatchObject({ refusals: 2, size: 0 });
  });
});

describe("one-shot results are returned, never stored, and counted", () => {
  function* numbers(): Iterable<number> {
    yield 1;
  }
  async function* later(): AsyncIterable<number> {
    yield 1;
  }
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["a generator", () => numbers()],
    ["an asynchronous generator", () => later()],
    ["an array's iterator", () => [1].values()],
    ["a Map's iterator", () => new Map().entries()],
    ["a hand-made iterator", () => ({ next: () => ({ done: true, value: 1 }) })],
    ["a Node stream", () => Readable.from(["a"])],
    ["a web stream", () => new ReadableStream()],
    ["a writable web stream", () => new WritableStream()],
    ["a transform", () => new TransformStream()],
    ["a Response", () => new Response("text")],
    ["a Request", () => new Request("http://localhost/", { method: "POST", body: "text" })],
  ];

  it.each(cases)("%s", (_kind, make) => {
    let runs = 0;
    const read = mcache(() => {
      runs += 1;
      return make();
    });
    expect(read()).not.toBe(read());
    expect(runs).toBe(2);
    expect(read.cache.stats()).toMatchObject({ refusals: 2, size: 0, hits: 0 });
    expect(warnings()).toHaveLength(1);
  });

  it.each(cases)("%s, in a promise", async (_kind, make) => {
    const read = acache(async () => make());
    expect(await read()).not.toBe(await read());
    expect(read.cache.stats()).toMatchObject({ refusals: 2, size: 0 });
  });

  it("a thenable that is no promise, which may do its work only when asked", () => {
    let built = 0;
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    const query = mcache((id: number) => ({ id, built: ++built, then: undefined as unknown }));
    const lazy = mcache((_id: number) => {
      built += 1;
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
      return { then: (resolve: (value: number) => void) => resolve(built) };
    });
    expect(query(1)).toBe(query(1));
    expect(lazy(1)).not.toBe(lazy(1));
    expect(lazy.cache.stats().refusals).toBe(2);
  });

  it("and not what only looks a little like one", () => {
    for (const value of [
      { next: 1 },
      { pipe: () => 1 },
      { on: () => 1 },
      [1],
      new Map(),
      { next: () => 1, subscribe: () => 1 },
    ]) {
      const read = mcache(() => value);
      expect(read()).toBe(read());
      expect(read.cache.stats()).toMatchObject({ hits: 1, refusals: 0 });
    }
  });

  it("a result whose looks throw is returned, and not stored", () => {
    const value = new Proxy(
      {},
      {
        get() {
          throw new Error("do not look");
        },
      },
    );
    const read = mcache(() => value);
    expect(read()).toBe(value);
    expect(read.cache.stats()).toMatchObject({ refusals: 1, size: 0 });
  });
});

describe("hooks", () => {
  it("are told what happens", () => {
    const heard: unknown[] = [];
    const clock = createFakeClock();
    const square = mcache((n: number) => n * n, {
      name: "square-told",
      maxSize: 2,
      ttl: "1m",
      clock,
      onHit: ({ name, key, args }) => void heard.push(["hit", name, key, args]),
      onMiss: ({ key, args }) => void heard.push(["miss", key, args]),
      onSet: ({ key, value }) => void heard.push(["set", key, value]),
      onEvict: ({ key, value, reason }) => void heard.push([reason, key, value]),
    });
    square(2);
    square(2);
    expect(heard.splice(0)).toEqual([
      ["miss", 2, [2]],
      ["set", 2, 4],
      ["hit", "square-told", 2, [2]],
    ]);
    square(3);
    square(4);
    square.cache.refresh(4);
    square.cache.delete(4);
    clock.advance("1m");
    square(3);
    square.cache.clear();
    expect(heard.filter((event) => !["miss", "set"].includes((event as string[])[0] ?? ""))).toEqual([
      ["evicted", 2, 4],
      ["replaced", 4, 16],
      ["deleted", 4, 16],
      ["expired", 3, 9],
      ["cleared", 3, 9],
    ]);
  });

  it.each(["onHit", "onMiss", "onSet", "onEvict", "onError"] as const)(
    "%s that throws, or rejects, reaches nobody",
    async (hook) => {
      for (const failing of [
        () => {
          throw new Error("bad hook");
        },
        () => Promise.reject(new Error("bad hook")) as unknown as undefined,
      ]) {
        lines.length = 0;
        let runs = 0;
        const square = mcache((n: number) => ++runs && n * n, {
          [hook]: failing,
          maxSize: 1,
          shouldCache(value) {
            if (value === 100) throw new Error("undecided");
            return true;
          },
        });
        expect([square(2), square(2), square(3), square(10)]).toEqual([4, 4, 9, 100]);
        expect(runs).toBe(3);
        await settle();
        expect(warnings().some((message) => message.includes(hook))).toBe(true);
      }
    },
  );

  it("hear of evictions with what was evicted", () => {
    const evicted: EvictEvent[] = [];
    const make = mcache((id: number) => ({ id }), {
      maxSize: 1,
      policy: "lfu",
      onEvict: (event) => void evicted.push(event),
    });
    const first = make(1);
    make(2);
    expect(evicted).toHaveLength(1);
    expect(evicted[0]?.value).toBe(first);
  });
});

describe("the handle", () => {
  it("looks and changes without running the function, or counting", () => {
    let runs = 0;
    const area = mcache((width: number, height: number) => ++runs && width * height, { name: "area-handled" });
    expect([area.cache.name, area.cache.engine]).toEqual(["area-handled", "lru"]);
    expect([area.cache.has(1, 2), area.cache.peek(1, 2)]).toEqual([false, undefined]);
    area.cache.set([1, 2], 99);
    expect([area.cache.has(1, 2), area.cache.peek(1, 2), area(1, 2)]).toEqual([true, 99, 99]);
    expect([area.cache.delete(1, 2), area.cache.delete(1, 2), area.cache.has(1, 2)]).toEqual([true, false, false]);
    expect(runs).toBe(0);
    expect(area.cache.stats()).toMatchObject({ hits: 1, misses: 0 });
    expect(area.cache.refresh(2, 3)).toBe(6);
    expect(area(2, 3)).toBe(6);
    expect(runs).toBe(1);
    area.cache.clear();
    expect([area.cache.has(2, 3), area.cache.stats().size]).toEqual([false, 0]);
  });

  it("a peek is no use", () => {
    const square = mcache((n: number) => n * n, { maxSize: 2 });
    square(1);
    square(2);
    square.cache.peek(1);
    square.cache.has(1);
    square(3);
    expect([square.cache.has(1), square.cache.has(2)]).toEqual([false, true]);
  });

  it("a peek of what expired finds nothing", () => {
    const clock = createFakeClock();
    const square = mcache((n: number) => n * n, { ttl: "1m", clock });
    square(2);
    clock.advance("1m");
    expect([square.cache.peek(2), square.cache.has(2)]).toEqual([undefined, false]);
  });

  it("set follows the TTL, and removes with a TTL of 0", () => {
    const clock = createFakeClock();
    const square = mcache((n: number) => n * n, { ttl: (value) => (value === 0 ? 0 : "1m"), clock });
    square.cache.set([2], 5);
    expect(square(2)).toBe(5);
    clock.advance("1m");
    expect(square(2)).toBe(4);
    square.cache.set([2], 0);
    expect(square.cache.has(2)).toBe(false);
  });

  it("set refuses what cannot be kept", () => {
    const read = mcache((): unknown => 1, { clone: "structured" });
    expect(() => read.cache.set([], new (class Foo {})())).toThrow(CacheValueError);
    expect(() => read.cache.set([], [1].values())).toThrow(CacheValueError);
    const small = mcache((): string => "", { maxBytes: 10, sizeOf: (value) => value.length });
    expect(() => small.cache.set([], "longer than that")).toThrow(CacheValueError);
  });

  it("set of an async function takes the value as well as a promise", async () => {
    const user = acache(async (id: number) => ({ id }));
    user.cache.set([1], { id: 100 });
    expect(user(1)).toBeInstanceOf(Promise);
    expect(await user(1)).toEqual({ id: 100 });
    user.cache.set([2], Promise.resolve({ id: 200 }));
    expect(await user(2)).toEqual({ id: 200 });
    const failed = Promise.reject(new Error("no"));
    user.cache.set([3], failed);
    await expect(failed).rejects.toThrow("no");
    await settle();
    expect(await user(3)).toEqual({ id: 3 });
  });

  it("key tells what a call's key is", () => {
    const find = mcache((_value: unknown) => 1);
    expect(find.cache.key("a")).toBe("a");
    expect(find.cache.key({ a: 1, b: 2 })).toBe(find.cache.key({ b: 2, a: 1 }));
    let deep: unknown = 1;
    for (let i = 0; i < 1_000; i += 1) deep = [deep];
    expect(() => find.cache.key(deep)).toThrow(/deeper/);
  });

  it("after close, calls are plain calls", () => {
    let runs = 0;
    const square = mcache((n: number) => ++runs && n * n);
    square(2);
    square.cache.close();
    square.cache.close();
    expect([square(2), square(2), runs]).toEqual([4, 4, 3]);
    expect([square.cache.has(2), square.cache.peek(2), square.cache.delete(2)]).toEqual([false, undefined, false]);
    square.cache.set([2], 5);
    square.cache.clear();
    expect([square(2), square.cache.refresh(2)]).toEqual([4, 4]);
    expect(square.cache.stats()).toMatchObject({ hits: 0, misses: 1, size: 0 });
  });
});

describe("the rest of what a user may hand in", () => {
  it("a clock that fails: nothing is fresh, and the call goes on", () => {
    let runs = 0;
    let broken = false;
    const clock = {
      now(): number {
        if (broken) throw new Error("no time");
        return 0;
      },
    };
    const f = mcache((_n: number) => ++runs, { ttl: "1m", clock });
    expect([f(1), f(1)]).toEqual([1, 1]);
    broken = true;
    expect([f(1), f(1)]).toEqual([2, 3]);
    expect(warnings()).toEqual([expect.stringContaining('The option "clock"') as string]);
  });

  it("a hook that changes what it is shown does not change what callers get as copies", async () => {
    const onSet = ({ value }: { value: unknown }): void => void (value as unknown[]).push(() => 1);
    const one = mcache((n: number) => [n], { clone: "structured", onSet });
    expect([one(1), one(1)]).toEqual([[1], [1]]);
    const two = acache(async (n: number) => [n], { clone: "structured", onSet, engine: "map" });
    expect([await two(1), await two(1)]).toEqual([[1], [1]]);
  });

  it("a promise with properties of its own is returned as it is, and not stored", () => {
    let runs = 0;
    const fetched = mcache((url: string) => Object.assign(Promise.resolve(url), { json: () => ++runs }));
    expect([fetched("a").json(), fetched("a").json()]).toEqual([1, 2]);
    expect(fetched.cache.stats()).toMatchObject({ hits: 0, misses: 2, refusals: 2 });
  });

  it("results that cannot be looked at are returned", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(mcache(() => proxy)() === proxy).toBe(true);
    const odd = Object.create(
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
      Object.assign(Object.create(null) as object, { then() {}, [Symbol.toStringTag]: "Promise" }),
    ) as object;
    expect(mcache(() => odd)() === odd).toBe(true);
  });

  it("a primitive `this` with a cache for each instance: the call is counted", () => {
    const f = mcache(
      function (this: unknown): string {
        return String(this);
      },
      { scope: "instance" },
    );
    expect([f.call(7), f.call(7)]).toEqual(["7", "7"]);
    expect(f.cache.stats()).toMatchObject({ hits: 0, misses: 2, bypasses: 2 });
  });
});
