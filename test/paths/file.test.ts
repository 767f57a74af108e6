import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PathError } from "../../src/errors.js";
import { checkFile, ensureFile } from "../../src/paths/index.js";
import { isRoot, makePlace, modeOf, ONLY_ROOT, STRANGER } from "./place.js";

let place: ReturnType<typeof makePlace>;
let file: string;

beforeEach(() => {
  place = makePlace();
  file = join(place.path, "file");
});
afterEach(() => place.remove());

const refused = (words: string): void => {
  for (const act of [checkFile, (path: string) => ensureFile(path, true)]) {
    expect(() => act(file)).toThrow(PathError);
    expect(() => act(file)).toThrow(`Cache file "${file}" ${words}`);
    expect(() => act(file)).toThrow("; remove it, or set cacheDir (or TWAT_CACHE_DIR) to another place.");
  }
};

describe("a file of ours", () => {
  it("is made once, empty, and kept", () => {
    expect(checkFile(file)).toBe(false);
    expect(ensureFile(file, true)).toBe(true);
    expect([readFileSync(file, "utf8"), modeOf(file)]).toEqual(["", "600"]);
    writeFileSync(file, "text");
    expect([ensureFile(file, true), checkFile(file), readFileSync(file, "utf8")]).toEqual([false, true, "text"]);
  });

  it("loses the rights that others should not have", () => {
    ensureFile(file, false);
    expect(modeOf(file)).toBe("644");
    expect([ensureFile(file, true), modeOf(file)]).toEqual([false, "600"]);
    expect([ensureFile(file, false), modeOf(file)]).toEqual([false, "600"]);
    chmodSync(file, 0o666);
    expect([ensureFile(file, false), modeOf(file)]).toEqual([false, "644"]);
  });

  it("cannot be looked at behind a file", () => {
    writeFileSync(file, "");
    expect(() => checkFile(join(file, "x"))).toThrow(PathError);
    expect(() => ensureFile(join(file, "x"), true)).toThrow("a part of the path is not a directory (ENOTDIR)");
  });
});

describe("what is no file of ours", () => {
  it.each(["target", "nowhere"])("a link to %s: nothing is written through it", (to) => {
    writeFileSync(join(place.path, "target"), "precious", { mode: 0o644 });
    symlinkSync(join(place.path, to), file);
    refused("is a symbolic link, not a file");
    expect(readdirSync(place.path).sort()).toEqual(["file", "target"]);
    expect([readFileSync(join(place.path, "target"), "utf8"), modeOf(join(place.path, "target"))]).toEqual([
      "precious",
      "644",
    ]);
  });

  it("a directory", () => {
    mkdirSync(file);
    refused("is a directory, not a file");
  });

  it("a FIFO, without waiting for its other end", () => {
    execFileSync("mkfifo", [file]);
    refused("is a FIFO, not a file");
  });

  it("a socket", async () => {
    const server = createServer().listen(file);
    await new Promise((resolve) => server.once("listening", resolve));
    refused("is a socket, not a file");
    await new Promise((resolve) => server.close(resolve));
  });

  it("a device", () => {
    expect(() => checkFile("/dev/null")).toThrow("is a device, not a file");
  });

  it("a file with another name elsewhere", () => {
    writeFileSync(join(place.path, "other"), "precious", { mode: 0o644 });
    linkSync(join(place.path, "other"), file);
    refused("has another name elsewhere (a hard link)");
    expect(modeOf(file)).toBe("644");
  });

  it.runIf(isRoot)(`a file of another user's${ONLY_ROOT}`, () => {
    writeFileSync(file, "");
    chownSync(file, STRANGER, STRANGER);
    refused(`belongs to another user (uid ${STRANGER})`);
  });
});
