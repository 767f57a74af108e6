/** Errors that are kept: `cacheErrors`. */

import { describe, expect, it } from "vitest";
import { bcache, mcache } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { settle } from "../support/deferred.js";
import { inTemporary } from "../support/disk-stores.js";
import { kinds } from "../support/kinds.js";
import { createSource } from "../support/scripted.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

expectNothingUnhandled();

describe.each(kinds)("on $name", ({ cached, isPersistent }) => {
  it("an error is thrown again for as long as was said, and the function does not run", async () => {
    const clock = createFakeClock();
    const source = createSource();
    const error = Object.assign(new RangeError("out of stock", { cause: { item: 7 } }), { status: 404 });
    source.fails(error);
    const fn = cached(source.load, { cacheErrors: "10s", clock });
    const caught = async (): Promise<unknown> => fn("k").catch((thrown: unknown) => thrown);
    expect(await caught()).toBe(error);
    clock.advance("9s");
    const again = await caught();
    expect(source.runs).toBe(1);
    if (!isPersistent) expect(again).toBe(error);
    expect(again).toBeInstanceOf(RangeError);
    expect(again).toMatchObject({ message: "out of stock", status: 404, cause: { item: 7 } });
    clock.advance("1s");
    source.gives("one");
    expect(await fn("k")).toBe("one");
    const { hits, misses } = fn.cache.stats();
    expect({ hits, misses }).toEqual({ hits: 1, misses: 2 });
  });

  it("is not kept unless that was asked for", async () => {
    const source = createSource();
    source.fails(new Error("down"));
    const fn = cached(source.load, { ttl: "10s" });
    for (let i = 0; i < 3; i += 1) await expect(fn("k")).rejects.toThrow("down");
    expect(source.runs).toBe(3);
  });

  it("`when` says which; values are kept as ever", async () => {
    const source = createSource();
    const fn = cached(source.load, {
      cacheErrors: { ttl: "10s", when: (error, [key]) => key !== "other" && (error as Error).message === "kept" },
    });
    source.fails(new Error("kept"));
    for (let i = 0; i < 2; i += 1) await expect(fn("k")).rejects.toThrow("kept");
    for (let i = 0; i < 2; i += 1) await expect(fn("other")).rejects.toThrow("kept");
    expect(source.runs).toBe(3);
    source.gives(null);
    for (let i = 0; i < 2; i += 1) expect(await fn("value")).toBe(null);
    expect(source.runs).toBe(4);
  });

  it.each(["delete", "clear", "expire"] as const)(
    "%s removes it; has and peek tell it from a value",
    async (removal) => {
      const source = createSource();
      source.fails(new Error("down"));
      const fn = cached(source.load, { cacheErrors: "10s", staleIfError: "1h" });
      await expect(fn("k")).rejects.toThrow("down");
      expect(await fn.cache.has("k")).toBe(true);
      expect(await fn.cache.peek("k")).toBe(undefined);
      await fn.cache[removal]("k");
      expect(await fn.cache.has("k")).toBe(false);
      source.gives("one");
      expect(await fn("k")).toBe("one");
    },
  );

  it("does not take the place of a value that is of use", async () => {
    const clock = createFakeClock();
    const source = createSource("one");
    const fn = cached(source.load, {
      ttl: "10s",
      staleIfError: { for: "60s", backoff: 0 },
      cacheErrors: "1h",
      clock,
    });
    await fn("k");
    source.fails(new Error("down"));
    clock.advance("10s");
    for (let i = 0; i < 3; i += 1) expect(await fn("k")).toBe("one");
    await expect(fn.cache.refresh("k")).rejects.toThrow("down");
    expect(await fn("k")).toBe("one");
    clock.advance("60s");
    await expect(fn("k")).rejects.toThrow("down");
    source.gives("two");
    await expect(fn("k")).rejects.toThrow("down");
  });

  it("is not made anew ahead of its time, nor does a removal meanwhile let it be stored", async () => {
    const clock = createFakeClock();
    const source = createSource();
    source.fails(new Error("down"));
    const fn = cached(source.load, { ttl: "10s", refreshAhead: 0.1, cacheErrors: "10s", clock });
    await expect(fn("k")).rejects.toThrow("down");
    clock.advance("5s");
    await expect(fn("k")).rejects.toThrow("down");
    expect(source.runs).toBe(1);
    const running = source.waits();
    const call = fn("other");
    while (source.runs < 2) await settle();
    await fn.cache.delete("other");
    running.reject(new Error("late"));
    await expect(call).rejects.toThrow("late");
    expect(await fn.cache.has("other")).toBe(false);
  });

  it("all who wait for a load get the very same error", async () => {
    const source = createSource();
    const fn = cached(source.load, { cacheErrors: "10s" });
    const error = new Error("down");
    source.fails(error);
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => fn("k")));
    for (const one of all) expect(one.status === "rejected" && one.reason).toBe(error);
    expect(source.runs).toBe(1);
  });
});

it("a function that answers at once throws it again", () => {
  const source = createSource();
  const error = new Error("down");
  source.fails(error);
  const fn = mcache(source.loadNow, { cacheErrors: "10s" });
  for (let i = 0; i < 3; i += 1) expect(() => fn("k")).toThrow(error);
  expect(source.runs).toBe(1);
});

it("an error of a process that has ended is thrown again by the next", () =>
  inTemporary(async (cacheDir) => {
    const options = { name: "kept", version: 1, cacheDir, folderName: "errors", cacheErrors: "1h" } as const;
    const first = bcache(
      async () => {
        throw new TypeError("wrong");
      },
      { ...options, engineTimeout: "30s" },
    );
    await expect(first()).rejects.toThrow("wrong");
    await first.cache.close();
    let runs = 0;
    const second = bcache(
      async () => {
        runs += 1;
      },
      { ...options, engineTimeout: "30s" },
    );
    await expect(second()).rejects.toThrow(TypeError);
    expect(runs).toBe(0);
    await second.cache.close();
  }));
