/**
 * What the tests of the Python library assert of configurations. Each test is named after its origin; where upstream
 * asserts what it does not have (`compression_level`, permissions as fields), its intent is tested.
 */

import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { bcache, ConfigurationError, createCacheConfig, getEffectiveConfig, mcache } from "../../src/index.js";
import { useConfiguration } from "../support/configuration.js";
import { collectLog } from "../support/log.js";

collectLog();
useConfiguration();
const square = (n: number): number => n * n;

describe("test_config", () => {
  it("defaults", () => {
    expect(createCacheConfig({})).toEqual({});
    const inMemory = getEffectiveConfig(mcache(square)).options;
    expect([inMemory.ttl?.value, inMemory.policy?.value, inMemory.engine?.value]).toEqual([
      Number.POSITIVE_INFINITY,
      "lru",
      undefined,
    ]);
    const onDisk = getEffectiveConfig(bcache(square, { name: "defaults" })).options;
    const values = Object.fromEntries(Object.entries(onDisk).map(([name, { value }]) => [name, value]));
    expect(values).toMatchObject({
      maxSize: Number.POSITIVE_INFINITY,
      folderName: undefined,
      ttl: Number.POSITIVE_INFINITY,
      useSql: undefined,
      compress: false,
      secure: true,
      engine: undefined,
    });
  });

  it("validation", () => {
    const valid = {
      maxSize: 100,
      folderName: "test",
      engine: "sqlite",
      compress: { level: 6 },
      secure: false,
    } as const;
    expect(createCacheConfig(valid)).toEqual(valid);
    for (const bad of [{ maxSize: -1 }, { ttl: -1 }, { compress: { level: 23 } }]) {
      expect(() => createCacheConfig(bad as object), JSON.stringify(bad)).toThrow(ConfigurationError);
    }
  });

  it.skipIf(process.platform === "win32").each([
    [true, 0o700, 0o600],
    [false, 0o755, 0o644],
  ])("permissions, secure: %j", async (secure, ofFolder, ofFiles) => {
    const cacheDir = mkdtempSync(join(tmpdir(), "twat-cache-config-"));
    const umask = process.umask(0o022);
    try {
      const config = createCacheConfig({
        cacheDir,
        folderName: "f",
        name: "permissions",
        secure,
        engineTimeout: "30s",
      });
      const cached = bcache(square, { ...config, engine: "file" });
      // The first call does not wait for a package that takes its time to load.
      await vi.waitFor(async () => expect([await cached(3), await cached.cache.has(3)]).toEqual([9, true]), 20_000);
      const mode = (path: string): number => lstatSync(path).mode & 0o777;
      const folder = join(cacheDir, "f");
      expect(mode(folder)).toBe(ofFolder);
      const below = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => join(folder, path));
      const files = below.filter((path) => lstatSync(path).isFile());
      const modes = [...new Set(files.map(mode))];
      // Some files are for this user alone in any case.
      expect(modes.filter((one) => secure || one !== 0o600)).toEqual([ofFiles]);
      await cached.cache.close();
    } finally {
      process.umask(umask);
      rmSync(cacheDir, { recursive: true, force: true });
    }
  });

  it("size_limits", () => {
    for (const maxSize of [10, 100]) expect(createCacheConfig({ maxSize }).maxSize).toBe(maxSize);
    // Upstream's None, no bound.
    expect(createCacheConfig({ maxSize: Number.POSITIVE_INFINITY }).maxSize).toBe(Number.POSITIVE_INFINITY);
  });

  it("ttl", () => {
    // Upstream's 0.1 are seconds.
    for (const ttl of [100, "100ms", Number.POSITIVE_INFINITY] as const)
      expect(createCacheConfig({ ttl }).ttl).toBe(ttl);
    expect(createCacheConfig({})).not.toHaveProperty("ttl");
  });

  it("compression", () => {
    for (const level of [0, 9, 6]) {
      expect(createCacheConfig({ compress: { level } })).toEqual({ compress: { level } });
    }
  });
});
