import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PathError } from "../../src/errors.js";
import { clearCacheDir, ensureCacheDir, ensureFile, ensureInside, validateCachePath } from "../../src/paths/index.js";
import { buildRoom, isRoot, makePlace, modeOf, ONLY_ROOT, runApart, STRANGER } from "./place.js";

let place: ReturnType<typeof makePlace>;
let cacheDir: string;
let at: (...names: string[]) => string;

beforeEach(() => {
  place = makePlace();
  at = (...names) => join(place.path, ...names);
  cacheDir = at("cache");
});
afterEach(() => {
  vi.restoreAllMocks();
  place.remove();
});

const refused = (act: () => unknown, words: string | RegExp): void => {
  expect(act).toThrow(PathError);
  expect(act).toThrow(words);
};
const ensure = (name = "x"): string => ensureCacheDir(name, { cacheDir });

describe("permissions", () => {
  it.each([0, 0o022, 0o077, 0o777])("whatever the umask is: %i", async (umask) => {
    const room = await buildRoom(place.path);
    await runApart(
      room,
      `for (const secure of [true, false]) {
        const folder = paths.ensureCacheDir("f" + secure, { cacheDir: ${JSON.stringify(at("a", "b"))}, secure });
        paths.ensureInside(folder, ["one", "two"], secure);
        paths.ensureFile(folder + "/file", secure);
      }`,
      { umask },
    );
    const modes = (...names: string[]): string[] => names.map((name) => modeOf(at("a", "b", name)));
    expect([modeOf(at("a")), modeOf(at("a", "b"))]).toEqual(["700", "700"]);
    const inside = ["", "/one", "/one/two", "/file", "/CACHEDIR.TAG"];
    expect(modes(...inside.map((name) => `ftrue${name}`))).toEqual(["700", "700", "700", "600", "600"]);
    expect(modes(...inside.map((name) => `ffalse${name}`))).toEqual(["755", "755", "755", "644", "644"]);
  });

  it("a root that exists keeps its mode", () => {
    mkdirSync(cacheDir);
    for (const mode of [0o755, 0o750, 0o700]) {
      chmodSync(cacheDir, mode);
      ensure();
      expect(modeOf(cacheDir)).toBe(mode.toString(8));
    }
  });

  it("a folder that exists loses the rights that others should not have, and gains none", () => {
    const folder = ensureCacheDir("x", { cacheDir, secure: false });
    ensureInside(folder, ["one"], false);
    ensureCacheDir("x", { cacheDir, secure: true });
    ensureInside(folder, ["one"], true);
    expect([folder, at("cache/x/one"), at("cache/x/CACHEDIR.TAG")].map(modeOf)).toEqual(["700", "700", "600"]);
    ensureCacheDir("x", { cacheDir, secure: false });
    expect(modeOf(folder)).toBe("700");
    chmodSync(folder, 0o777);
    ensureCacheDir("x", { cacheDir, secure: false });
    expect(modeOf(folder)).toBe("755");
  });

  it("a directory on the way, or a root, to which everybody may write is refused, unless it is sticky", () => {
    mkdirSync(at("open", "inner"), { recursive: true });
    chmodSync(at("open"), 0o777);
    for (const name of ["open", "open/new", "open/inner", "open/inner/new/deep"]) {
      refused(() => ensureCacheDir("x", { cacheDir: at(name) }), `"${at("open")}" can be written to by everybody`);
      refused(() => validateCachePath(at(name)), "take that right away (chmod o-w)");
    }
    expect([readdirSync(at("open")), readdirSync(at("open/inner"))]).toEqual([["inner"], []]);
    chmodSync(at("open"), 0o1777);
    expect(ensureCacheDir("x", { cacheDir: at("open") })).toBe(at("open/x"));
    expect(ensureCacheDir("x", { cacheDir: at("open/new") })).toBe(at("open/new/x"));
    expect([modeOf(at("open")), modeOf(at("open/x")), modeOf(at("open/new"))]).toEqual(["1777", "700", "700"]);
    validateCachePath(at("open/other"));
  });

  it("a link that lies where everybody may write is refused, wherever it leads", () => {
    mkdirSync(at("open"));
    mkdirSync(at("safe"));
    symlinkSync(at("safe"), at("open/link"));
    chmodSync(at("open"), 0o777);
    refused(() => ensureCacheDir("x", { cacheDir: at("open/link") }), "everybody");
    expect(readdirSync(at("safe"))).toEqual([]);
  });

  it("on Windows owners and modes say nothing", () => {
    mkdirSync(cacheDir);
    chmodSync(cacheDir, 0o777);
    const { geteuid } = process;
    try {
      process.geteuid = undefined as never;
      expect(ensure()).toBe(at("cache/x"));
    } finally {
      process.geteuid = geteuid as never;
    }
    refused(() => ensure(), "everybody");
  });
});

describe("links", () => {
  it("one above or at the user's root is followed once", () => {
    mkdirSync(at("real"));
    symlinkSync("real", at("link"));
    symlinkSync("link", at("chain"));
    expect(ensureCacheDir("x", { cacheDir: at("link") })).toBe(at("real/x"));
    expect(ensureCacheDir("y", { cacheDir: at("chain/new") })).toBe(at("real/new/y"));
    validateCachePath(at("chain/new"));
  });

  it.each(["nowhere", "self"])("a root that is a link to %s is refused", (target) => {
    symlinkSync(target, at("self"));
    refused(
      () => ensureCacheDir("x", { cacheDir: at("self") }),
      target === "self" ? "circle (ELOOP)" : "leads nowhere",
    );
    refused(() => ensureCacheDir("x", { cacheDir: at("self/deeper") }), `"${at("self")}"`);
    expect(readdirSync(place.path)).toEqual(["self"]);
  });

  it.each(["target", "nowhere"])(
    "a folder that is a link to %s is refused, and nothing is written through it",
    (to) => {
      mkdirSync(at("target"));
      chmodSync(at("target"), 0o755);
      mkdirSync(cacheDir);
      symlinkSync(at(to), at("cache/x"));
      refused(
        () => ensure(),
        `Cache folder "${at("cache/x")}" is a symbolic link, not a directory; remove it, or set cacheDir`,
      );
      expect([readdirSync(place.path).sort(), readdirSync(at("target"))]).toEqual([["cache", "target"], []]);
      expect(modeOf(at("target"))).toBe("755");
    },
  );

  it.each(["target", "nowhere"])("a tag that is a link to %s is refused", (to) => {
    writeFileSync(at("target"), "");
    mkdirSync(at("cache/x"), { recursive: true });
    symlinkSync(at(to), at("cache/x/CACHEDIR.TAG"));
    refused(() => ensure(), `"${at("cache/x/CACHEDIR.TAG")}" is a symbolic link`);
    expect([existsSync(at("nowhere")), readFileSync(at("target"), "utf8")]).toEqual([false, ""]);
  });

  it("a directory inside that is a link, or a file, is refused at every level", () => {
    const folder = ensure();
    mkdirSync(at("target"));
    symlinkSync(at("target"), join(folder, "link"));
    writeFileSync(join(folder, "file"), "");
    refused(() => ensureInside(folder, ["link"], true), "is a symbolic link");
    refused(() => ensureInside(folder, ["link", "deeper"], true), "is a symbolic link");
    refused(() => ensureInside(folder, ["file", "deeper"], true), "is a file");
    expect(readdirSync(at("target"))).toEqual([]);
  });
});

describe("what is in the place of a directory", () => {
  it("a file as root, above it, or as folder", () => {
    writeFileSync(at("file"), "precious");
    refused(() => ensureCacheDir("x", { cacheDir: at("file") }), "is a file, not a directory");
    refused(() => ensureCacheDir("x", { cacheDir: at("file/deeper") }), `"${at("file")}" is a file`);
    refused(() => ensureCacheDir("file", { cacheDir: place.path }), "is a file, not a directory; remove it");
    refused(() => validateCachePath(at("file")), "is a file");
    expect(readFileSync(at("file"), "utf8")).toBe("precious");
  });

  it("a folder that holds somebody's files is not adopted; an empty one is", () => {
    mkdirSync(at("cache/x"), { recursive: true });
    writeFileSync(at("cache/x/thesis.txt"), "precious");
    refused(() => ensure(), "was not made by twat-cache");
    expect(readdirSync(at("cache/x"))).toEqual(["thesis.txt"]);
    rmSync(at("cache/x/thesis.txt"));
    ensure();
    expect([readdirSync(at("cache/x")), modeOf(at("cache/x"))]).toEqual([["CACHEDIR.TAG"], "700"]);
    writeFileSync(at("cache/x/entry"), "");
    expect(ensure()).toBe(at("cache/x"));
  });

  it.each(["", "Signature: 8a477f597d28d172789f06886806bc55\n# Made by another.\n"])(
    "a tag that is not ours: %j",
    (text) => {
      mkdirSync(at("cache/x"), { recursive: true });
      writeFileSync(at("cache/x/CACHEDIR.TAG"), text);
      writeFileSync(at("cache/x/entry"), "");
      refused(() => ensure(), "not made by twat-cache");
      expect(readFileSync(at("cache/x/CACHEDIR.TAG"), "utf8")).toBe(text);
    },
  );

  it("a tag of another program's is refused where it stands alone, too", () => {
    mkdirSync(at("cache/x"), { recursive: true });
    writeFileSync(at("cache/x/CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55\n# Made by another.\n");
    refused(() => ensure(), "not made by twat-cache");
  });

  it.each([0, 10, 60])("a tag that was written up to byte %i when its process died is completed", (length) => {
    const tag = join(ensure(), "CACHEDIR.TAG");
    const text = readFileSync(tag, "utf8");
    expect(text).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n# .*twat-cache/);
    truncateSync(tag, length);
    ensure();
    expect(readFileSync(tag, "utf8")).toBe(text);
  });

  it("a longer tag that begins as ours is ours: comments may change", () => {
    const tag = join(ensure(), "CACHEDIR.TAG");
    writeFileSync(tag, "# More.\n".repeat(1000), { flag: "a" });
    writeFileSync(at("cache/x/entry"), "");
    expect(ensure()).toBe(at("cache/x"));
  });
});

describe(`other users${ONLY_ROOT}`, () => {
  it.runIf(isRoot)("a root, a folder, a directory inside, a link of theirs is refused", () => {
    const folder = ensureInside(ensure(), ["one"], true);
    chownSync(folder, STRANGER, STRANGER);
    refused(() => ensureInside(at("cache/x"), ["one"], true), `belongs to another user (uid ${STRANGER})`);
    chownSync(at("cache/x"), STRANGER, STRANGER);
    refused(() => ensure(), `Cache folder "${at("cache/x")}" belongs to another user`);
    chownSync(cacheDir, STRANGER, STRANGER);
    refused(() => ensure("y"), `Cache directory "${cacheDir}" belongs to another user`);
    refused(() => validateCachePath(cacheDir), "belongs to another user");
    expect(readdirSync(cacheDir)).toEqual(["x"]);
  });

  it.runIf(isRoot)("a link on the way must be this user's or the administrator's", async () => {
    mkdirSync(at("real"));
    symlinkSync("real", at("link"));
    const { lchownSync } = await import("node:fs");
    lchownSync(at("link"), STRANGER, STRANGER);
    refused(() => ensureCacheDir("x", { cacheDir: at("link") }), "is a symbolic link of another user's");
    expect(readdirSync(at("real"))).toEqual([]);
  });

  it.runIf(isRoot)("the rights are those that the process has, not those it began with", async () => {
    const room = await buildRoom(place.path);
    chmodSync(place.path, 0o755);
    mkdirSync(at("theirs"));
    chownSync(at("theirs"), STRANGER, STRANGER);
    mkdirSync(at("admins"));
    mkdirSync(at("admins/x"));
    mkdirSync(at("third"));
    chownSync(at("third"), STRANGER + 1, STRANGER + 1);
    const lines = ["theirs", "theirs/new", "admins", "admins/new", "third"].map(
      (name) => `say(errorOf(() => paths.ensureCacheDir("x", { cacheDir: ${JSON.stringify(at(name))} })));`,
    );
    const said = await runApart(room, lines.join("\n"), { uid: STRANGER });
    expect(said).toEqual(
      [
        null,
        null,
        ["PathError", expect.stringContaining(`"${at("admins/x")}" belongs to another user (uid 0)`)],
        [
          "PathError",
          expect.stringMatching(
            /Cannot create the directory ".*new": this user has no permission \(EACCES\); mend this, or set cacheDir \(or TWAT_CACHE_DIR\) to another place\.$/,
          ),
          "EACCES",
        ],
        ["PathError", expect.stringContaining("belongs to another user (uid 12346)")],
      ].map((item) => (Array.isArray(item) && item.length === 2 ? [...item, null] : item)),
    );

    const effective = await runApart(
      room,
      `process.setegid(${STRANGER}); process.seteuid(${STRANGER});
       say(errorOf(() => paths.ensureCacheDir("y", { cacheDir: ${JSON.stringify(at("theirs"))} })));
       process.seteuid(0);
       say(errorOf(() => paths.ensureCacheDir("y", { cacheDir: ${JSON.stringify(at("theirs"))} })));`,
    );
    expect(effective).toEqual([null, ["PathError", expect.stringContaining("another user"), null]]);
  });

  it.runIf(isRoot)("what may not be written to is refused when it is checked", async () => {
    const room = await buildRoom(place.path);
    chmodSync(place.path, 0o755);
    mkdirSync(at("admins"));
    const lines = ["admins", "admins/new"].map(
      (name) => `say(errorOf(() => paths.validateCachePath(${JSON.stringify(at(name))})));`,
    );
    const told = [
      "PathError",
      expect.stringContaining(`Cannot write to "${at("admins")}": this user has no`),
      "EACCES",
    ];
    expect(await runApart(room, lines.join("\n"), { uid: STRANGER })).toEqual([told, told]);
  });
});

describe("what the system refuses", () => {
  it("a read-only file system is named in words, with the way out and the cause", async () => {
    const room = await buildRoom(place.path);
    const before = `
      fs.mkdirSync = (path) => { throw Object.assign(new Error("EROFS: read-only file system, mkdir"), { code: "EROFS" }); };
      syncBuiltinESMExports();`;
    const lines = `say(errorOf(() => paths.ensureCacheDir("x", { cacheDir: ${JSON.stringify(cacheDir)} })));`;
    expect(await runApart(room, lines, { before })).toEqual([
      [
        "PathError",
        `Cannot create the directory "${cacheDir}": the file system is read-only (EROFS); mend this, or set cacheDir (or TWAT_CACHE_DIR) to another place.`,
        "EROFS",
      ],
    ]);
  });

  it("a name that is too long, a place without files", () => {
    refused(() => ensureCacheDir("x", { cacheDir: at("a".repeat(300)) }), "the path is too long (ENAMETOOLONG)");
    refused(() => validateCachePath(at("a".repeat(300))), "too long");
    for (const wrong of ["", "a\0b", 7 as never]) refused(() => validateCachePath(wrong), "is no path");
  });

  it("no control character reaches a message", () => {
    writeFileSync(at("a\nb"), "");
    refused(() => validateCachePath(at("a\nb")), /a\?b" is a file/);
  });

  it("a current directory that is gone", async () => {
    const room = await buildRoom(place.path);
    const lines = `
      fs.mkdirSync(${JSON.stringify(at("gone"))}); process.chdir(${JSON.stringify(at("gone"))});
      fs.rmdirSync(${JSON.stringify(at("gone"))});
      say(errorOf(() => paths.ensureCacheDir("x", { cacheDir: "relative" })));`;
    expect(await runApart(room, lines)).toEqual([["PathError", expect.stringContaining("Cannot resolve"), "ENOENT"]]);
  });

  it("a check creates nothing", () => {
    validateCachePath(at("new", "deeper"));
    expect(readdirSync(place.path)).toEqual([]);
  });
});

describe("many at once", () => {
  it("processes that make and clear the same folder do not disturb each other", async () => {
    const room = await buildRoom(place.path);
    const where = JSON.stringify(at("new", "cache"));
    // A user of the folder that works on with the path it has, whatever happens to it.
    const maker = `
      for (let i = 0; i < 300; i++) {
        const folder = paths.ensureCacheDir("x", { cacheDir: ${where} });
        for (let j = 0; j < 5; j++) {
          const error = errorOf(() => paths.ensureFile(paths.ensureInside(folder, ["a", "b"], true) + "/" + process.pid, true));
          if (error !== undefined && error[2] !== "ENOENT") throw new Error(String(error));
        }
      }`;
    const clearer = `for (let i = 0; i < 100; i++) await paths.clearCacheDir("x", { cacheDir: ${where} });`;
    await Promise.all([maker, maker, maker, clearer, clearer].map((lines) => runApart(room, lines)));
    ensureCacheDir("x", { cacheDir: at("new", "cache") });
    expect(readdirSync(at("new", "cache"))).toEqual(["x"]);
  });

  it("a folder is deleted although somebody who is on the way there still makes files in it", async () => {
    for (let round = 0; round < 8; round += 1) {
      const deep = ensureInside(ensure(), ["a", "b"], true);
      // Paths from a current directory are found whatever name that has by now, as are those that are being looked up.
      const late = spawn(
        process.execPath,
        ["-e", "for (let n = 0, end = Date.now() + 50; Date.now() < end; n += 1) fs.writeFileSync('f' + n, '')"],
        { cwd: deep, stdio: "ignore" },
      );
      const ended = once(late, "exit");
      while (readdirSync(deep).length === 0 && late.exitCode === null) await setImmediate();
      expect(await clearCacheDir("x", { cacheDir })).toBe(1);
      await ended;
      expect(readdirSync(cacheDir)).toEqual([]);
    }
  });

  it("a folder that is cleared, made and cleared while it is looked at is not taken for somebody's", async () => {
    const room = await buildRoom(place.path);
    const folder = JSON.stringify(at("cache/x"));
    mkdirSync(at("cache/x"), { recursive: true });
    const before = `
      const list = fs.readdirSync;
      fs.readdirSync = (path) => {
        fs.readdirSync = list;
        syncBuiltinESMExports();
        fs.renameSync(path, path + ".old");
        fs.mkdirSync(path);
        fs.writeFileSync(path + "/entry", "");
        const names = list(path);
        fs.renameSync(path, path + ".new");
        return names;
      };
      syncBuiltinESMExports();`;
    const lines = `say(paths.ensureCacheDir("x", { cacheDir: ${JSON.stringify(cacheDir)} })); say(fs.readdirSync(${folder}));`;
    expect(await runApart(room, lines, { before })).toEqual([at("cache/x"), ["CACHEDIR.TAG"]]);
  });

  it("a folder is never there without its tag, not even one that is cleared while it is made", async () => {
    const room = await buildRoom(place.path);
    const before = `
      const made = [];
      const { mkdirSync, renameSync } = fs;
      fs.mkdirSync = (path, mode) => { made.push(path); return mkdirSync(path, mode); };
      fs.renameSync = (from, to) => {
        fs.renameSync = renameSync;
        syncBuiltinESMExports();
        renameSync(from, to);
        fs.rmSync(to, { recursive: true });
      };
      syncBuiltinESMExports();`;
    const folder = JSON.stringify(at("cache/x"));
    const lines = `
      paths.ensureCacheDir("x", { cacheDir: ${JSON.stringify(cacheDir)} });
      say([made.length, made.includes(${folder})]); say(fs.readdirSync(${folder}));`;
    expect(await runApart(room, lines, { before })).toEqual([[3, false], ["CACHEDIR.TAG"]]);
  });

  it("a folder that is moved away is made again", () => {
    const folder = ensure();
    renameSync(folder, at("away"));
    refused(() => ensureInside(folder, ["a"], true), "(ENOENT)");
    refused(() => ensureFile(join(folder, "a"), true), "(ENOENT)");
    expect(ensure()).toBe(folder);
  });
});
