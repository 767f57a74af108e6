/** TWAT_CACHE_* variables: how they are read, and what is said of those that are wrong. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { variables } from "../../src/config/variables.js";
import { getCacheConfigFromEnv, getEffectiveConfig, mcache } from "../../src/index.js";
import { root } from "../support/build.js";
import { refusal, useConfiguration } from "../support/configuration.js";
import { collectLog } from "../support/log.js";

const lines = collectLog();
const { set } = useConfiguration();
const square = (n: number): number => n * n;
const HEX = "0123456789abcdef".repeat(4);

describe("getCacheConfigFromEnv", () => {
  it("reads every variable that is an option", () => {
    const config = getCacheConfigFromEnv({
      TWAT_CACHE_MAXSIZE: "10",
      TWAT_CACHE_TTL: "5m",
      TWAT_CACHE_POLICY: "lfu",
      TWAT_CACHE_FOLDER: "reports",
      TWAT_CACHE_ENGINE: "file",
      TWAT_CACHE_COMPRESS: "YES",
      TWAT_CACHE_SECURE: "off",
      TWAT_CACHE_ENGINE_TIMEOUT: "250",
      TWAT_CACHE_MAX_BYTES: "64MB",
      TWAT_CACHE_DIR: "/tmp/there",
      TWAT_CACHE_SECRET: "a secret of 16 letters",
      TWAT_CACHE_ENCRYPTION_KEY: HEX,
      TWAT_CACHE_DEBUG: "1",
      TWAT_CACHE_LOG_LEVEL: "warn",
      TWAT_CACHE_LOG_FILE: "cache.log",
      TWAT_CACHE_CONFIG: "other.json",
      TWAT_CACHE_DISABLE: "0",
      SOMETHING_ELSE: "1",
    });
    expect(config).toEqual({
      maxSize: 10,
      ttl: "5m",
      policy: "lfu",
      folderName: "reports",
      engine: "file",
      compress: true,
      secure: false,
      engineTimeout: 250,
      maxBytes: "64MB",
      cacheDir: "/tmp/there",
      secret: "a secret of 16 letters",
      encryptionKey: HEX,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("reads the environment of the process unless given another one, and nothing where nothing is set", () => {
    set({ MAXSIZE: "3" });
    expect(getCacheConfigFromEnv()).toEqual({ maxSize: 3 });
    expect(getCacheConfigFromEnv({ TWAT_CACHE_MAXSIZE: "", TWAT_CACHE_TTL: undefined })).toEqual({});
  });

  it.each([
    [{ REDIS_URL: "redis://h:6380/2", REDIS_HOST: "elsewhere" }, "redis://h:6380/2"],
    [{ REDIS_HOST: "h" }, { socket: { host: "h", port: 6_379 }, database: 0 }],
    [
      { REDIS_PORT: "6380", REDIS_DB: "2", REDIS_PASSWORD: "pw" },
      { socket: { host: "localhost", port: 6_380 }, database: 2, password: "pw" },
    ],
  ])("a server: %j", (variables, redis) => {
    const env = Object.fromEntries(Object.entries(variables).map(([name, text]) => [`TWAT_CACHE_${name}`, text]));
    expect(getCacheConfigFromEnv(env)).toEqual({ redis });
  });

  it("a bound, and a server that has bounds of its own, are for different caches", () => {
    const env = { TWAT_CACHE_MAXSIZE: "5", TWAT_CACHE_REDIS_URL: "redis://h", TWAT_CACHE_ENGINE: "sqlite" };
    expect(getCacheConfigFromEnv(env)).toEqual({ maxSize: 5, redis: "redis://h", engine: "sqlite" });
  });

  it("all that is wrong, at once: variable, value, expectation", () => {
    const error = refusal(() =>
      getCacheConfigFromEnv({
        TWAT_CACHE_MAXSIZE: "10 ",
        TWAT_CACHE_TTL: "5 minutes",
        TWAT_CACHE_POLICY: "LRU",
        TWAT_CACHE_FOLDER: "../up",
        TWAT_CACHE_COMPRESS: "maybe",
        TWAT_CACHE_REDIS_PORT: "70000",
        TWAT_CACHE_REDIS_DB: "-1",
        TWAT_CACHE_LOG_LEVEL: "loud",
        TWAT_CACHE_ENGINE: "map",
      }),
    );
    expect(error.message.split("\n")).toEqual([
      "These variables of the environment cannot be used:",
      '  TWAT_CACHE_MAXSIZE: expected a whole number of entries, 1 or more, or Infinity; got "10 " (for a bound in bytes use maxBytes)',
      '  TWAT_CACHE_TTL: expected milliseconds (0 or more), or a string such as "500ms", "30s", "5m", "1h", "7d", or Infinity; got "5 minutes" (numbers are milliseconds)',
      '  TWAT_CACHE_COMPRESS: expected true, false, 1, 0, yes, no, on or off; got "maybe"',
      '  TWAT_CACHE_REDIS_PORT: expected a port, 1 to 65535; got "70000"',
      '  TWAT_CACHE_REDIS_DB: expected a whole number, 0 or more; got "-1"',
      '  TWAT_CACHE_LOG_LEVEL: expected one of debug, info, warn, error, silent; got "loud"',
      '  TWAT_CACHE_POLICY: expected one of "lru", "fifo", "lfu", "rr", "mru", "lifo", "ttl"; got "LRU"',
      expect.stringMatching(
        /^ {2}TWAT_CACHE_FOLDER: expected .*; got "\.\.\/up" \(for a directory elsewhere use cacheDir\)$/,
      ),
    ]);
    expect(error.issues).toHaveLength(8);
    expect(error.issues[0]).toMatchObject({ option: "TWAT_CACHE_MAXSIZE", received: '"10 "' });
  });

  it.each([
    ["MAXSIZE", ["0", "-1", "1.5", "1e3", "0x10", "ten", "5,5", "NaN", " 5"]],
    ["TTL", ["-1", "5 m", "1w", "soon", "5s ", "Infinity5"]],
    ["MAX_BYTES", ["0", "64 MB", "many"]],
    ["COMPRESS", ["2", "ja", "y", "t", "enabled", "constructor"]],
    ["SECURE", ["none", "-1"]],
    ["DISABLE", ["maybe"]],
    ["DEBUG", ["verbose"]],
    ["REDIS_PORT", ["0", "65536", "6379.5", "port"]],
    ["REDIS_DB", ["1.5", "one", "Infinity"]],
    ["REDIS_URL", ["http://h", "h:6379", "redis://h:70000"]],
    ["SECRET", ["too short"]],
    ["ENCRYPTION_KEY", ["abc"]],
  ])("%s: whole texts of its kind alone", (name, texts) => {
    for (const text of texts) {
      const { issues } = refusal(() => getCacheConfigFromEnv({ [`TWAT_CACHE_${name}`]: text }));
      expect(
        issues.map(({ option }) => option),
        text,
      ).toEqual([`TWAT_CACHE_${name}`]);
    }
  });

  it.each([
    ["true", true],
    ["1", true],
    ["Yes", true],
    ["ON", true],
    ["false", false],
    ["0", false],
    ["no", false],
    ["off", false],
  ])("%s means %j", (text, meaning) => {
    expect(getCacheConfigFromEnv({ TWAT_CACHE_SECURE: text })).toEqual({ secure: meaning });
  });

  it.each([
    ["MAX_SIZE", 'did you mean "TWAT_CACHE_MAXSIZE"?'],
    ["MAXSZIE", 'did you mean "TWAT_CACHE_MAXSIZE"?'],
    ["FOLDER_NAME", 'did you mean "TWAT_CACHE_FOLDER"?'],
    ["CACHE_DIR", 'did you mean "TWAT_CACHE_DIR"?'],
    ["DEFAULT_MAXSIZE", 'did you mean "TWAT_CACHE_MAXSIZE"?'],
    ["ENABLE_COMPRESSION", 'did you mean "TWAT_CACHE_COMPRESS"?'],
    ["DEFAULT_USE_SQL", "write sqlite or file in TWAT_CACHE_ENGINE"],
    ["MEMCACHED_HOST", "give the option engine a store of Keyv, such as new KeyvMemcache(…)"],
  ])("TWAT_CACHE_%s: %s", (name, hint) => {
    const { issues } = refusal(() => getCacheConfigFromEnv({ [`TWAT_CACHE_${name}`]: "1" }));
    expect(issues).toEqual([
      { option: `TWAT_CACHE_${name}`, expected: "a variable that exists", received: "an unknown one", hint },
    ]);
  });

  it("variables of others, which begin alike, are left alone", () => {
    expect(
      getCacheConfigFromEnv({ TWAT_CACHE_ALL_TESTS: "1", TWAT_CACHE_TEST_POSTGRES: "x", TWAT_CACHED: "1" }),
    ).toEqual({});
  });
});

it("docs/configuration.md has every variable", () => {
  const table = readFileSync(join(root, "docs/configuration.md"), "utf8").split("## The environment")[1] ?? "";
  for (const [name, { option }] of Object.entries(variables)) {
    const row = table.split("\n").find((line) => line.startsWith("|") && line.includes(`\`TWAT_CACHE_${name}\``));
    expect(row, name).toContain(option === undefined ? "" : `| \`${option}\``);
  }
});

describe("at a cached function's first call", () => {
  it("the same message is logged once, and the value is left out", () => {
    const bad = { TTL: "soon", COMPRESS: "maybe", MAX_SIZE: "5" };
    set({ ...bad, MAXSIZE: "7" });
    const { message } = refusal(() => getCacheConfigFromEnv());
    const cached = mcache(square);
    expect([cached(3), mcache(square)(4), cached.cache.stats().maxSize]).toEqual([9, 16, 7]);
    expect(lines.map((line) => line.message)).toEqual([message]);
    expect(getEffectiveConfig(cached).options.ttl?.from).toBe("built-in");
  });

  it("another mistake is another message", () => {
    set({ TTL: "soon" });
    mcache(square)(1);
    set({ TTL: "later" });
    mcache(square)(1);
    expect(lines.map(({ message }) => /got "(\w+)"/.exec(message)?.[1])).toEqual(["soon", "later"]);
  });

  it("a server of which one part is wrong is none: it may be another one", () => {
    set({ REDIS_HOST: "h", REDIS_PORT: "port", ENGINE: "lru" });
    expect(mcache(square)(3)).toBe(9);
    expect(lines[0]?.message).toMatch(/TWAT_CACHE_REDIS_PORT: expected a port/);
  });
});
