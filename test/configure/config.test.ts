/** Configurations as values: createCacheConfig, mergeConfigs, extendConfig; and what is said of names that are not ours. */

import { describe, expect, it } from "vitest";
import {
  acache,
  bcache,
  type CacheConfig,
  createCacheConfig,
  extendConfig,
  fcache,
  getEffectiveConfig,
  mcache,
  mergeConfigs,
  ucache,
  withCache,
} from "../../src/index.js";
import { refusal, useConfiguration } from "../support/configuration.js";
import { thirdPartySync } from "../support/engines.js";
import { collectLog } from "../support/log.js";

collectLog();
useConfiguration();
const square = (n: number): number => n * n;

describe("createCacheConfig", () => {
  it("is what every decorator takes as its options", async () => {
    const config = createCacheConfig({ maxSize: 2, ttl: "5m" });
    for (const cache of [mcache, ucache, acache, bcache, fcache] as (typeof mcache)[]) {
      const name = `config ${cache.name} ${Math.random()}`;
      expect(getEffectiveConfig(cache(square, extendConfig(config, { name }))).options).toMatchObject({
        maxSize: { value: 2, from: "option" },
        ttl: { value: "5m", from: "option" },
      });
    }
    const curried = mcache(config)(square);
    for (let n = 0; n < 5; n += 1) curried(n);
    expect(curried.cache.stats()).toMatchObject({ size: 2, maxSize: 2 });
    class Shape {
      area(side: number): number {
        return side * side;
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Shape.prototype, "area") as PropertyDescriptor;
    const decorated = mcache(config)(Shape.prototype, "area", descriptor);
    expect(getEffectiveConfig(decorated.value as never).options.maxSize?.value).toBe(2);
    await withCache(config, (cache) => expect(cache.stats().maxSize).toBe(2));
  });

  it("is frozen, and what it was made of may change", () => {
    const options = { memory: { ttl: 5 }, ignore: [0], ttl: 1_000 };
    const config = createCacheConfig(options);
    options.memory.ttl = 99;
    options.ignore.push(1);
    options.ttl = 5;
    expect(config).toEqual({ memory: { ttl: 5 }, ignore: [0], ttl: 1_000 });
    for (const part of [config, config.memory, config.ignore]) expect(Object.isFrozen(part)).toBe(true);
  });

  it("leaves the user's own objects as they are", () => {
    const clock = { now: () => 1 };
    const config = createCacheConfig({ clock, engine: thirdPartySync });
    expect([config.clock, config.engine]).toEqual([clock, thirdPartySync]);
    expect([Object.isFrozen(clock), Object.isFrozen(thirdPartySync)]).toEqual([false, false]);
  });

  it("lists everything that is wrong", () => {
    const { message, issues } = refusal(() =>
      createCacheConfig({
        maxSize: -1,
        ttl: -1,
        compress: { level: 99 },
        policy: "mru2",
        folder_name: "x",
        redis: { socket: { port: 70_000 } },
      } as never),
    );
    expect(issues.map(({ option }) => option)).toEqual([
      "folder_name",
      "maxSize",
      "ttl",
      "policy",
      "redis",
      "compress",
    ]);
    expect(message).toMatch(/^createCacheConfig:\n/);
    expect(refusal(() => createCacheConfig({ engine: {} as never })).message).toMatch(/not a cache engine/);
    expect(refusal(() => createCacheConfig(null as never)).message).toMatch(
      /expected an object with options; got null/,
    );
  });

  it("options that a decorator does not have are refused by that one", () => {
    const config = createCacheConfig({ folderName: "reports" });
    expect(refusal(() => mcache(square, config as never)).message).toMatch(/use bcache, fcache or ucache/);
  });
});

describe("mergeConfigs, extendConfig", () => {
  it("later goes before earlier, undefined says nothing, values are not merged", () => {
    const one = { ttl: "1h", maxSize: 5, memory: { ttl: 1, maxSize: 2 } } as const;
    const two: CacheConfig = { ttl: "5m", memory: { ttl: 9 } };
    expect(mergeConfigs(one, two, { maxSize: undefined })).toEqual({ ttl: "5m", maxSize: 5, memory: { ttl: 9 } });
    expect(extendConfig(one, { ttl: 0 })).toEqual({ ...one, ttl: 0 });
    expect(mergeConfigs()).toEqual({});
    expect([one, two]).toEqual([
      { ttl: "1h", maxSize: 5, memory: { ttl: 1, maxSize: 2 } },
      { ttl: "5m", memory: { ttl: 9 } },
    ]);
    expect(Object.isFrozen(mergeConfigs(one, two))).toBe(true);
  });

  it("judges what comes of it, and not the parts", () => {
    expect(mergeConfigs({ ttl: "soon" as "1s" }, { ttl: "1s" })).toEqual({ ttl: "1s" });
    expect(mergeConfigs({ softTimeout: "1s" }, { staleIfError: "1h" })).toEqual({
      softTimeout: "1s",
      staleIfError: "1h",
    });
    const { message, issues } = refusal(() => mergeConfigs({ maxSize: 0 }, { idle: "1m" }, { staleIfError: "1h" }));
    expect(message).toMatch(/^mergeConfigs:\n/);
    expect(issues.map(({ option }) => option)).toEqual(["maxSize", "idle"]);
    expect(refusal(() => extendConfig({}, { maxSize: 0 })).message).toMatch(/^extendConfig:\n/);
  });

  it.each<unknown>([null, 5, "5m", []])("%j is not a configuration", (thing) => {
    expect(refusal(() => mergeConfigs({}, thing as never)).message).toMatch(/^mergeConfigs: expected objects/);
    expect(refusal(() => extendConfig(thing as never, {})).message).toMatch(/^extendConfig: expected objects/);
  });

  it("tiers, and what they stand for, take each other's place", () => {
    const tiers = [{ engine: "lru" }, { engine: "redis" }] as const;
    expect(mergeConfigs({ engine: "sqlite", memory: true }, { tiers })).toEqual({ tiers });
    expect(mergeConfigs({ tiers }, { engine: "file" })).toEqual({ engine: "file" });
    expect(mergeConfigs({ tiers }, { memory: undefined })).toEqual({ tiers });
  });
});

describe("names of other caches", () => {
  const each: readonly (readonly [name: string, hint: RegExp])[] = [
    ["folder_name", /^did you mean "folderName"\?$/],
    ["maxsize", /^did you mean "maxSize"\?$/],
    ["cache_dir", /^did you mean "cacheDir"\?$/],
    ["use_sql", /^did you mean "useSql"\?$/],
    ["preferred_engine", /^did you mean "engine"\?$/],
    ["preferredEngine", /^did you mean "engine"\?$/],
    ["cache_engine", /^did you mean "engine"\?$/],
    ["backend", /^did you mean "engine"\?$/],
    ["redis_host", /^did you mean "redis"\? a URL, or \{ socket: \{ host, port \}, database, password \}$/],
    ["redis_port", /^did you mean "redis"\?/],
    ["redis_password", /^did you mean "redis"\?/],
    ["memcached_host", /^give the option engine a store of Keyv/],
    ["compression", /^did you mean "compress"\?$/],
    ["compression_level", /^did you mean "compress"\? compress: \{ level \}$/],
    ["size_limit", /^did you mean "maxBytes"\?$/],
    ["key_builder", /^did you mean "key"\?$/],
    ["serializer", /^for keys there is key, for values codec$/],
    ["use_async", /^use acache/],
    ["cache_type", /^the decorator says it/],
    ["mmap_mode", /^leave it out/],
    ["cache_validation", /^say in version or deps/],
    ["dir_permissions", /^secure: true makes/],
    ["max_age", /^did you mean "ttl"\?$/],
    ["constructor", /^there are /],
  ];
  it.each(each)("%s", (name, hint) => {
    const { issues } = refusal(() => bcache(square, { name: "n", [name]: "x" } as never));
    expect(issues).toEqual([
      {
        option: name,
        expected: "an option that exists",
        received: "an unknown one",
        hint: expect.stringMatching(hint),
      },
    ]);
  });

  it("what belongs to caches on disk says so, in another spelling too", () => {
    for (const name of ["folderName", "folder_name", "use_sql", "compression", "redis_host"]) {
      const { issues } = refusal(() => mcache(square, { [name]: "x" } as never));
      expect(issues[0]?.hint, name).toMatch(/for results on disk use bcache, fcache or ucache$/);
    }
  });
});
