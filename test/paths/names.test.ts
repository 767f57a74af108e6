import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigurationError } from "../../src/errors.js";
import {
  clearCacheDir,
  dirMode,
  ensureCacheDir,
  ensureInside,
  FOLDER_NAME_WORDS,
  fileMode,
  getCacheDir,
  getCachePath,
  isFolderName,
} from "../../src/paths/index.js";
import { buildRoom, makePlace, runApart } from "./place.js";

let place: ReturnType<typeof makePlace>;
let cacheDir: string;

beforeEach(() => {
  place = makePlace();
  cacheDir = join(place.path, "cache");
});
afterEach(() => {
  vi.unstubAllEnvs();
  place.remove();
});

const hostile: readonly string[] = [
  "",
  ".",
  "..",
  "...",
  "a/b",
  "a\\b",
  "../x",
  "/etc",
  "a\0b",
  "a\n",
  "a b",
  "~",
  "c:",
  "nul",
  "NUL",
  "CON.txt",
  "con.",
  "com1",
  "COM0",
  "lpt9.a.b",
  "aux",
  "Prn",
  "x.",
  "é",
  "a".repeat(101),
];

describe("folder names", () => {
  it.each(hostile.map((name) => [JSON.stringify(name), name]))("%s is refused by everything", async (_shown, name) => {
    expect(isFolderName(name)).toBe(false);
    expect(() => getCacheDir(name, { cacheDir })).toThrow(ConfigurationError);
    expect(() => getCachePath({ folderName: name, cacheDir })).toThrow(ConfigurationError);
    expect(() => ensureCacheDir(name, { cacheDir })).toThrow(FOLDER_NAME_WORDS);
    expect(() => ensureInside(place.path, [name], true)).toThrow(ConfigurationError);
    await expect(clearCacheDir(name, { cacheDir })).rejects.toThrow(ConfigurationError);
    expect(readdirSync(place.path)).toEqual([]);
  });

  it.each([
    "a",
    "a".repeat(100),
    "__proto__",
    ".hidden",
    "-x",
    "a..b",
    "console",
    "com10",
    "comet.1",
    "nul-1",
    "A.b_c-9",
  ])("%s is one", (name) => {
    expect(isFolderName(name)).toBe(true);
    expect(ensureCacheDir(name, { cacheDir })).toBe(join(cacheDir, name));
    expect(readdirSync(cacheDir)).toEqual([name]);
  });

  it("what is no text is none, and the error says what came", () => {
    expect(isFolderName(7 as never)).toBe(false);
    expect(() => getCacheDir(7 as never)).toThrow("got number");
    expect(() => getCacheDir("x/".repeat(500))).toThrow(`got "${"x/".repeat(30)}…"`);
  });
});

describe("where the root is", () => {
  it("the option comes before the environment, and that before the platform's", () => {
    vi.stubEnv("TWAT_CACHE_DIR", join(place.path, "environment"));
    expect(getCacheDir("x", { cacheDir })).toBe(join(cacheDir, "x"));
    expect(getCacheDir("x")).toBe(join(place.path, "environment", "x"));
    expect(getCacheDir()).toBe(join(place.path, "environment"));
    expect(getCachePath()).toBe(getCacheDir());
    expect(ensureCacheDir("x")).toBe(join(place.path, "environment", "x"));
  });

  it.runIf(process.platform === "linux")("an empty TWAT_CACHE_DIR is none, XDG_CACHE_HOME is honoured", () => {
    vi.stubEnv("TWAT_CACHE_DIR", "");
    vi.stubEnv("XDG_CACHE_HOME", place.path);
    expect(getCacheDir("x")).toBe(join(place.path, "twat-cache", "x"));
    expect(ensureCacheDir("x")).toBe(join(place.path, "twat-cache", "x"));
    vi.stubEnv("XDG_CACHE_HOME", undefined);
    expect(getCacheDir()).toBe(join(homedir(), ".cache", "twat-cache"));
  });

  it("a relative one stands on the current directory", () => {
    const written = relative(process.cwd(), cacheDir);
    expect(written).toMatch(/^\.\./);
    expect(getCacheDir(undefined, { cacheDir: written })).toBe(resolve(written));
    expect(ensureCacheDir("x", { cacheDir: written })).toBe(join(cacheDir, "x"));
    vi.stubEnv("TWAT_CACHE_DIR", written);
    expect(getCacheDir()).toBe(cacheDir);
  });

  it.each(["", "a\0b", 7 as never])("%j is no path", async (wrong) => {
    expect(() => getCacheDir("x", { cacheDir: wrong })).toThrow("cacheDir must be the path of a directory");
    expect(() => ensureCacheDir("x", { cacheDir: wrong })).toThrow(ConfigurationError);
    await expect(clearCacheDir("x", { cacheDir: wrong })).rejects.toThrow(ConfigurationError);
  });

  it("asking creates nothing, and follows the links of the user's own root", () => {
    mkdirSync(join(place.path, "real"));
    symlinkSync("real", join(place.path, "link"));
    expect(getCacheDir("x", { cacheDir: join(place.path, "link", "a", "b") })).toBe(
      join(place.path, "real", "a", "b", "x"),
    );
    expect(readdirSync(join(place.path, "real"))).toEqual([]);
    expect(existsSync(cacheDir)).toBe(false);
  });

  it("asking does not fail where a root cannot be used", () => {
    symlinkSync("loop", join(place.path, "loop"));
    expect(getCacheDir("x", { cacheDir: join(place.path, "loop") })).toBe(join(place.path, "loop", "x"));
  });
});

it("the modes are the owner's alone, unless all may read", () => {
  expect([dirMode(true), fileMode(true), dirMode(false), fileMode(false)]).toEqual([0o700, 0o600, 0o755, 0o644]);
});

it("an import touches no file", async () => {
  const room = await buildRoom(place.path);
  const env = { HOME: cacheDir, XDG_CACHE_HOME: cacheDir, TWAT_CACHE_DIR: cacheDir };
  // Every function of fs that the room could use tells of its use; the import itself reads by other means.
  const before = `
    const used = [];
    for (const name of Object.keys(fs)) {
      if (!/^(mkdir|open|write|stat|lstat|readdir|access|chmod|realpath|rm|rename|exists)/.test(name)) continue;
      const original = fs[name];
      fs[name] = Object.assign((...args) => { if (!String(args[0]).endsWith(".mjs")) used.push(name); return original(...args); }, original);
    }
    syncBuiltinESMExports();`;
  const said = await runApart(room, `say(used); paths.ensureCacheDir("x"); say(used.includes("mkdirSync"));`, {
    before,
    env,
  });
  expect(said).toEqual([[], true]);
});
