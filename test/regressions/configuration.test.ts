/** Defects of the configuration in the Python library, each named after what happened. None of them may ever be ours. */

import { describe, expect, it } from "vitest";
import {
  bcache,
  createCacheConfig,
  getCacheConfigFromEnv,
  getEffectiveConfig,
  type LogLevel,
  mcache,
  setDefaults,
  setLogger,
  TwatCacheError,
  withCache,
} from "../../src/index.js";
import { forgetWarnings } from "../../src/logging.js";
import { refusal, useConfiguration } from "../support/configuration.js";

const { set, file } = useConfiguration();
const square = (n: number): number => n * n;

describe("D5: validators of fields never run", () => {
  it.each([
    ["policy", "anything"],
    ["redis", { socket: { host: "h", port: 70_000 } }],
    ["redis", { socket: { port: 0 } }],
    ["redis", { socket: { port: "6379" } }],
    ["redis", { database: -1 }],
    ["redis", { url: "http://h" }],
    ["redis", "redis://h:70000"],
    ["redis", { rootNodes: [] }],
    ["redis", { rootNodes: "redis://h" }],
    ["redis", { rootNodes: [{ url: "http://h" }] }],
    ["redis", { rootNodes: [{ socket: { host: "h", port: 70_000 } }] }],
    ["redis", { name: "m", sentinelRootNodes: [] }],
    ["redis", { name: "m", sentinelRootNodes: [{ host: "h", port: 70_000 }] }],
    ["redis", { sentinelRootNodes: [{ host: "h", port: 26_379 }] }],
    ["maxSize", 0],
    ["ttl", -1],
    ["compress", { level: 23 }],
    ["compress", { algorithm: "rar" }],
    ["jitter", 1.1],
    ["maxBytes", 0],
    ["memory", { maxSize: 0 }],
    ["lock", { lease: 0 }],
    ["breaker", { threshold: 0 }],
  ])("%s: %j", (option, value) => {
    const options = { [option]: value } as object;
    const optionsOf = (body: () => unknown): readonly string[] => refusal(body).issues.map((issue) => issue.option);
    expect(optionsOf(() => createCacheConfig(options))).toEqual([option]);
    expect(optionsOf(() => setDefaults(options))).toEqual([option]);
    if (option !== "policy") expect(optionsOf(() => bcache(square, { name: "n", ...options }))).toEqual([option]);
  });
});

describe("D30: a password is logged in clear, and told to whoever asks", () => {
  const PASSWORD = "p4ssw0rd-of-redis";
  const SECRET = "s3cret-of-16-letters";
  const KEY = "0123456789abcdef".repeat(4);
  const SECRETS = [PASSWORD, SECRET, KEY];

  /** Everything that is said while something happens: lines of log of every level, errors, and what is told. */
  async function said(happening: (told: (thing: unknown) => void) => unknown): Promise<string> {
    const all: unknown[] = [];
    const at =
      (level: LogLevel) =>
      (fields: object, message: string): void => {
        all.push(level, message, fields);
      };
    const words = (thing: unknown): unknown =>
      thing instanceof Error
        ? [thing.message, thing.stack, thing.cause, thing instanceof TwatCacheError && { ...thing }]
        : thing;
    setLogger({ debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") });
    forgetWarnings();
    try {
      await happening((thing) => all.push(thing));
    } catch (error) {
      all.push(error);
    } finally {
      setLogger(undefined);
    }
    const text = JSON.stringify(all, (_name, value: unknown) => words(value));
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    return text;
  }

  it("by the effective configuration, whatever layer it comes from", async () => {
    const secrets = { secret: SECRET, encryptionKey: KEY, redis: `redis://user:${PASSWORD}@server:6380/2` } as const;
    const text = await said((told) => {
      told(getEffectiveConfig(bcache(square, { name: "redacted", ...secrets })));
      setDefaults(secrets);
      told(getEffectiveConfig(bcache(square, { name: "redacted" })));
      setDefaults({});
      file({
        ...secrets,
        caches: { redacted: { redis: { url: secrets.redis, password: PASSWORD, sentinels: [secrets] } } },
      });
      told(getEffectiveConfig(bcache(square, { name: "redacted" })));
      set({ REDIS_HOST: "server", REDIS_PASSWORD: PASSWORD, SECRET, ENCRYPTION_KEY: KEY });
      told(getEffectiveConfig(bcache(square, { name: "redacted" })));
    });
    expect(text).toContain('"secret":{"value":"[redacted]","from":"option"}');
    expect(text).toContain('"redis":{"value":"redis://[redacted]@server:6380/2","from":"defaults"}');
    expect(text).toContain(
      '"redis":{"value":{"url":"redis://[redacted]@server:6380/2","password":"[redacted]","sentinels":"[redacted]"},"from":"file"}',
    );
    expect(text).toContain(
      '"redis":{"value":{"socket":{"host":"server","port":6379},"database":0,"password":"[redacted]"},"from":"environment"}',
    );
  });

  it("of an engine or a codec by its name alone", async () => {
    const store = {
      opts: { url: PASSWORD },
      get: () => undefined,
      set: () => true,
      delete: () => true,
      clear: () => undefined,
    };
    const codec = { name: "mine", key: SECRET, encode: () => new Uint8Array(), decode: () => 1 };
    const text = await said((told) =>
      told(getEffectiveConfig(bcache(square, { name: "named", engine: store, codec }))),
    );
    expect(text).toContain('"engine":{"value":"keyv","from":"option"}');
    expect(text).toContain('"codec":{"value":"mine","from":"option"}');
  });

  it("in errors: of variables, of options, of defaults", async () => {
    // Each one letter too long, or too short, to be what it should be.
    const bad = { secret: 5, encryptionKey: `${KEY}0`, redis: `http://:${PASSWORD}@h` };
    for (const happening of [
      () =>
        getCacheConfigFromEnv({
          TWAT_CACHE_ENCRYPTION_KEY: `${KEY}0`,
          TWAT_CACHE_REDIS_URL: bad.redis,
          TWAT_CACHE_REDIS_PASSWORD: PASSWORD,
          TWAT_CACHE_REDIS_PORT: "x",
        }),
      () => createCacheConfig(bad as object),
      () => createCacheConfig({ redis: { password: PASSWORD, database: -1 } }),
      () =>
        createCacheConfig({
          redis_password: PASSWORD,
          redis: `redis://:${PASSWORD}@h`,
          engine: "lru",
          sync: true,
        } as object),
      () => setDefaults(bad as object),
      () => bcache(square, { name: "n", ...bad } as object),
      () => withCache(bad as object, () => 1),
    ]) {
      expect(await said(happening)).toMatch(/expected/);
    }
  });

  it("in the log and in errors: of a URL that was given as the name of an engine", async () => {
    const url = `redis://user:${PASSWORD}@server`;
    expect(await said(() => mcache(square, { engine: url }))).toContain("redis://…@server");
    const text = await said(() => {
      set({ ENGINE: url });
      mcache(square)(1);
    });
    expect(text).toContain("TWAT_CACHE_ENGINE: expected the name of an engine");
  });

  it("in the log: of variables and of files that are wrong, no JSON among them", async () => {
    const bad = { secret: 5, encryptionKey: `${KEY}0`, redis: `http://:${PASSWORD}@h`, redisPassword: PASSWORD };
    for (const content of [
      bad,
      { caches: { n: bad } },
      `{ "secret": "${SECRET}" "${PASSWORD}" }`,
      `{ "redis": ${PASSWORD} }`,
      `${KEY}`,
    ]) {
      const text = await said(() => {
        file(content);
        set({ ENCRYPTION_KEY: `${KEY}0`, REDIS_URL: bad.redis, REDIS_PASSWORD: PASSWORD });
        mcache(square, { name: "n" })(1);
      });
      expect(text).toMatch(/The config file .* is (partly )?ignored/);
      expect(text).toMatch(/TWAT_CACHE_REDIS_URL: expected a URL .*; got something else/);
    }
  });

  it("of JSON that is none the line is named", async () => {
    file(`{\n  "secret": "${SECRET}",\n  "ttl" 5\n}`);
    expect(await said(() => mcache(square)(1))).toMatch(/is ignored: expected JSON, which it is not in line 3\./);
  });
});

describe("D48: the environment goes before what is written, and bad values are ignored in silence", () => {
  it("what is written goes before the environment, of servers too", () => {
    set({ REDIS_HOST: "from-env", REDIS_PORT: "6380", MAXSIZE: "5", TTL: "5m" });
    const cached = bcache(square, { name: "written", redis: "redis://written:6379/0", ttl: "1h" });
    expect(getEffectiveConfig(cached).options).toMatchObject({
      redis: { value: "redis://written:6379/0", from: "option" },
      ttl: { value: "1h", from: "option" },
      // For what stands in for the server, which has bounds of its own.
      maxSize: { value: 5, from: "environment" },
    });
  });

  it.each(["six", "6380.5", "70000", "-1", "0", "6 380"])("a port of %s is an error that names it", (text) => {
    const env = { TWAT_CACHE_REDIS_HOST: "h", TWAT_CACHE_REDIS_PORT: text };
    expect(refusal(() => getCacheConfigFromEnv(env)).message).toContain(
      `TWAT_CACHE_REDIS_PORT: expected a port, 1 to 65535; got "${text}"`,
    );
  });
});
