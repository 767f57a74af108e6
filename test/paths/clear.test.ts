import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PathError } from "../../src/errors.js";
import { clearCacheDir, ensureCacheDir, ensureInside } from "../../src/paths/index.js";
import { buildRoom, isRoot, makePlace, ONLY_ROOT, runApart, STRANGER } from "./place.js";

let place: ReturnType<typeof makePlace>;
let cacheDir: string;
let at: (...names: string[]) => string;

beforeEach(() => {
  place = makePlace();
  at = (...names) => join(place.path, ...names);
  cacheDir = at("cache");
});
afterEach(() => {
  vi.unstubAllEnvs();
  place.remove();
});

function fill(name: string): void {
  const folder = ensureCacheDir(name, { cacheDir });
  writeFileSync(join(ensureInside(folder, ["a", "b"], true), "entry"), "x");
}
const clear = (name?: string): Promise<number> => clearCacheDir(name, { cacheDir });
const trashOf = (age: number): string => at(`cache/.trash-~${(Date.now() - age).toString(36)}-${crypto.randomUUID()}`);

describe("clearCacheDir", () => {
  it("deletes one folder of ours, or all, and says how many", async () => {
    for (const name of ["x", "y", "z"]) fill(name);
    expect([await clear("x"), readdirSync(cacheDir)]).toEqual([1, ["y", "z"]]);
    expect([await clear("x"), await clear(), readdirSync(cacheDir)]).toEqual([0, 2, []]);
    expect(ensureCacheDir("x", { cacheDir })).toBe(at("cache/x"));
  });

  it("needs no root, and makes none", async () => {
    expect([await clear("x"), await clear(), existsSync(cacheDir)]).toEqual([0, 0, false]);
  });

  it("works on the root that the environment names, and on one behind a link", async () => {
    fill("x");
    fill("y");
    symlinkSync("cache", at("link"));
    vi.stubEnv("TWAT_CACHE_DIR", at("link"));
    expect([await clearCacheDir("x"), await clearCacheDir(), existsSync(at("link"))]).toEqual([1, 1, true]);
  });

  it("leaves alone what is not ours", async () => {
    fill("x");
    mkdirSync(at("cache/theirs"));
    writeFileSync(at("cache/theirs/thesis.txt"), "precious");
    mkdirSync(at("cache/cargo"));
    writeFileSync(at("cache/cargo/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# Made by cargo.\n");
    mkdirSync(at("cache/empty"));
    writeFileSync(at("cache/file"), "precious");
    // Ours, but under a name that no folder of ours has.
    fill("y");
    mkdirSync(at("cache/a b"));
    writeFileSync(at("cache/a b/CACHEDIR.TAG"), readFileSync(at("cache/y/CACHEDIR.TAG")));
    expect(await clear()).toBe(2);
    expect(readdirSync(cacheDir).sort()).toEqual(["a b", "cargo", "empty", "file", "theirs"]);
    expect(readFileSync(at("cache/theirs/thesis.txt"), "utf8")).toBe("precious");
  });

  it("refuses by name what is not ours", async () => {
    mkdirSync(at("cache/theirs"), { recursive: true });
    writeFileSync(at("cache/theirs/thesis.txt"), "precious");
    writeFileSync(at("cache/file"), "precious");
    symlinkSync(at("cache/theirs"), at("cache/link"));
    mkdirSync(at("cache/empty"));
    await expect(clear("theirs")).rejects.toThrow("was not made by twat-cache; delete it by hand");
    await expect(clear("file")).rejects.toThrow("is a file");
    await expect(clear("link")).rejects.toThrow("is a symbolic link");
    await expect(clear("link")).rejects.toBeInstanceOf(PathError);
    expect(await clear("empty")).toBe(0);
    expect(readdirSync(cacheDir).sort()).toEqual(["empty", "file", "link", "theirs"]);
    expect(existsSync(at("cache/theirs/thesis.txt"))).toBe(true);
  });

  it("follows no link, neither among the folders nor inside one, not even to a folder of ours", async () => {
    ensureCacheDir("outside", { cacheDir: at("other") });
    writeFileSync(at("other/outside/entry"), "precious");
    fill("x");
    symlinkSync(at("other/outside"), at("cache/link"));
    symlinkSync(at("other"), at("cache/x/up"));
    symlinkSync(at("other/outside"), at("cache/x/a/out"));
    symlinkSync(at("other/outside/entry"), at("cache/x/a/b/file"));
    symlinkSync("/", at("cache/x/a/root"));
    expect(await clear()).toBe(1);
    expect(readdirSync(cacheDir)).toEqual(["link"]);
    expect(readdirSync(at("other/outside")).sort()).toEqual(["CACHEDIR.TAG", "entry"]);
  });

  it("does not take a tag that is a link for ours", async () => {
    fill("x");
    mkdirSync(at("cache/theirs"));
    writeFileSync(at("cache/theirs/thesis.txt"), "precious");
    symlinkSync(at("cache/x/CACHEDIR.TAG"), at("cache/theirs/CACHEDIR.TAG"));
    await expect(clear("theirs")).rejects.toThrow("is a symbolic link");
    expect(await clear()).toBe(1);
    expect(readdirSync(at("cache/theirs")).sort()).toEqual(["CACHEDIR.TAG", "thesis.txt"]);
  });

  it("refuses a root that cannot be trusted", async () => {
    fill("x");
    chmodSync(cacheDir, 0o777);
    await expect(clear()).rejects.toThrow("can be written to by everybody");
    await expect(clear("x")).rejects.toBeInstanceOf(PathError);
    expect(readdirSync(cacheDir)).toEqual(["x"]);
  });

  it.runIf(isRoot)(`leaves alone the folders of others${ONLY_ROOT}`, async () => {
    fill("x");
    chownSync(at("cache/x"), STRANGER, STRANGER);
    expect(await clear()).toBe(0);
    await expect(clear("x")).rejects.toThrow("belongs to another user");
    expect(existsSync(at("cache/x/a/b/entry"))).toBe(true);
  });

  it.runIf(isRoot)(`says what could not be deleted, and deletes the rest${ONLY_ROOT}`, async () => {
    const room = await buildRoom(place.path);
    chmodSync(place.path, 0o755);
    mkdirSync(cacheDir);
    chownSync(cacheDir, STRANGER, STRANGER);
    const where = JSON.stringify({ cacheDir });
    const said = await runApart(
      room,
      `const folder = paths.ensureInside(paths.ensureCacheDir("a", ${where}), ["locked"], true);
       fs.writeFileSync(folder + "/entry", ""); fs.chmodSync(folder, 0o500);
       paths.ensureCacheDir("b", ${where});
       await paths.clearCacheDir(undefined, ${where}).catch((error) => say([error.name, error.message, error.cause.code]));`,
      { uid: STRANGER },
    );
    expect(said).toEqual([
      [
        "PathError",
        expect.stringMatching(/^Cannot remove ".*\/a": this user has no permission \(EACCES\); /),
        "EACCES",
      ],
    ]);
    const left = readdirSync(cacheDir);
    expect(left).toEqual([expect.stringMatching(/^\.trash-/)]);
    // The tag goes last, so that what is left is known to be ours.
    expect(readdirSync(at("cache", left[0] as string))).toEqual(["CACHEDIR.TAG", "locked"]);
  });
});

describe("what a deletion has left whose process died", () => {
  const leave = (path: string, ours: boolean): string => {
    fill("pattern");
    mkdirSync(path);
    writeFileSync(join(path, "entry"), "");
    if (ours) writeFileSync(join(path, "CACHEDIR.TAG"), readFileSync(at("cache/pattern/CACHEDIR.TAG")));
    rmSync(at("cache/pattern"), { recursive: true });
    return path;
  };

  it("is deleted when it is older than a minute, and does not count", async () => {
    leave(trashOf(61_000), true);
    mkdirSync(trashOf(61_000));
    expect([await clear("x"), readdirSync(cacheDir)]).toEqual([0, []]);
  });

  it("is left to its process before", async () => {
    const trash = leave(trashOf(50_000), true);
    utimesSync(trash, 0, 0);
    expect([await clear(), existsSync(join(trash, "entry"))]).toEqual([0, true]);
  });

  it("must be ours: a link, a file, a folder without our tag, another name are not", async () => {
    const foreign = leave(trashOf(61_000), false);
    symlinkSync(leave(at("cache/.trash-mine"), false), trashOf(61_000));
    writeFileSync(trashOf(61_000), "");
    expect([await clear(), readdirSync(cacheDir).length]).toEqual([0, 4]);
    expect([existsSync(join(foreign, "entry")), existsSync(at("cache/.trash-mine/entry"))]).toEqual([true, true]);
  });
});
