/** Tags of what lies in a folder: other processes, damage, disks that refuse. */

import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bcache, CacheOperationError, clearCacheDir, closeCaches, fcache, invalidateTags } from "../../src/index.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const folderName = "tags";
const lines = collectLog();
let library: Bundle;
let cacheDir: string;
let log: string;
let version: number;

beforeAll(async () => {
  library = await bundle("src/index.ts");
});
afterAll(() => library.remove());
beforeEach(() => {
  cacheDir = makeTemporary();
  log = join(cacheDir, folderName, "invalidations.log");
  version = 0;
});
afterEach(async () => {
  for (const child of children.splice(0)) child.end();
  await closeCaches();
  removeTemporary(cacheDir);
});

const ENGINES = ["sqlite", "file", "better-sqlite3"] as const;
type EngineName = (typeof ENGINES)[number];

interface Options {
  readonly memory?: boolean;
  readonly encryptionKey?: string;
}

type Cached = ((key: string) => unknown) & {
  cache: {
    invalidateTags(...tags: string[]): unknown;
    set(args: [string], value: unknown): unknown;
    clear(): unknown;
    close(): unknown;
    stats(): { readonly hits: number; readonly engineFailures: number };
  };
};

/** A function whose value is the version that there is, cached on an engine. */
function cachedOn(engine: EngineName, options: Options = {}): Cached {
  const common = {
    name: "f",
    version: 1,
    cacheDir,
    folderName,
    engine,
    fallback: false,
    engineTimeout: "10s",
  } as const;
  const tags = (_value: unknown, key: string): string[] => ["all", `key:${key}`];
  const load = (key: string): string => `${key}${version}`;
  if (engine === "better-sqlite3") return bcache(load, { ...common, tags, sync: true }) as unknown as Cached;
  const decorate = engine === "file" ? fcache : bcache;
  return decorate(load, { ...common, ...options, tags } as never) as unknown as Cached;
}

/** Another process with the same function. */
class Other {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterableIterator<string>;
  readonly #reader: Interface;

  constructor(engine: EngineName) {
    const sync = engine === "better-sqlite3" ? ", sync: true" : "";
    const program = `
      import { createInterface } from "node:readline";
      const { bcache, fcache, invalidateTags } = await import(${JSON.stringify(library.path)});
      let version = 0;
      const f = ${engine === "file" ? "fcache" : "bcache"}((key) => key + version, {
        name: "f", version: 1, cacheDir: ${JSON.stringify(cacheDir)}, folderName: "${folderName}", engine: "${engine}",
        fallback: false, engineTimeout: "10s", tags: (_value, key) => ["all", "key:" + key]${sync} });
      for await (const line of createInterface({ input: process.stdin })) {
        const [what, argument] = line.split(" ");
        let answer = "done";
        if (what === "call") answer = await f(argument);
        if (what === "version") version = Number(argument);
        if (what === "all") await invalidateTags(argument);
        if (what === "own") await f.cache.invalidateTags(argument);
        console.log(answer);
      }`;
    const args = ["--unhandled-rejections=strict", "--input-type=module", "--eval", program];
    this.#process = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#reader = createInterface({ input: this.#process.stdout as NonNullable<ChildProcess["stdout"]> });
    this.#lines = this.#reader[Symbol.asyncIterator]();
    children.push(this);
  }

  async ask(command: string): Promise<string> {
    this.#process.stdin?.write(`${command}\n`);
    return (await this.#lines.next()).value as string;
  }

  end(how: NodeJS.Signals = "SIGKILL"): void {
    this.#reader.close();
    this.#process.kill(how);
  }
}

const children: Other[] = [];

describe.each(ENGINES)("two processes on %s", (engine) => {
  it("what one invalidates, the other does not serve, in both directions", async () => {
    const here = cachedOn(engine);
    const there = new Other(engine);
    expect([await here("a"), await here("b"), await there.ask("call a")]).toEqual(["a0", "b0", "a0"]);
    version = 1;
    await there.ask("version 1");
    expect([await here("a"), await there.ask("call a")]).toEqual(["a0", "a0"]);
    await there.ask("all key:a");
    expect([await here("a"), await here("b"), await there.ask("call a")]).toEqual(["a1", "b0", "a1"]);
    version = 2;
    await there.ask("version 2");
    await here.cache.invalidateTags("all");
    expect([await there.ask("call a"), await there.ask("call b"), await here("a")]).toEqual(["a2", "b2", "a2"]);
    await there.ask("own all");
    version = 3;
    expect([await here("a"), await here("b")]).toEqual(["a3", "b3"]);
    await there.ask("version 4");
    await there.ask("all other");
    expect([await here("a"), await there.ask("call b")]).toEqual(["a3", "b3"]);
  });

  it("what one has invalidated and was killed over stays invalid", async () => {
    const here = cachedOn(engine);
    await here("a");
    const there = new Other(engine);
    await there.ask("own key:a");
    there.end();
    version = 1;
    expect(await here("a")).toBe("a1");
    await closeCaches();
    version = 2;
    expect(await cachedOn(engine)("a")).toBe("a1");
  });

  it("a process that comes later knows what was invalidated", async () => {
    const here = cachedOn(engine);
    await here("a");
    await here("b");
    await invalidateTags("key:a");
    const there = new Other(engine);
    await there.ask("version 1");
    expect([await there.ask("call a"), await there.ask("call b")]).toEqual(["a1", "b0"]);
    expect([await here("a"), await here("b")]).toEqual(["a1", "b0"]);
  });

  it("a memory in front is no way around", async () => {
    if (engine === "better-sqlite3") return;
    const here = cachedOn(engine, { memory: true });
    const there = new Other(engine);
    expect([await here("a"), await here("a")]).toEqual(["a0", "a0"]);
    await there.ask("version 1");
    version = 1;
    await there.ask("own key:a");
    expect([await here("a"), await there.ask("call a")]).toEqual(["a1", "a1"]);
  });

  it("a function that has not been called yet is reached in its folder", async () => {
    await cachedOn(engine)("a");
    await closeCaches();
    cachedOn(engine);
    await invalidateTags("key:a");
    version = 1;
    const other = new Other(engine);
    await other.ask("version 5");
    expect(await other.ask("call a")).toBe("a5");
    await closeCaches();
    expect(await cachedOn(engine)("a")).toBe("a5");
  });
});

it.each(ENGINES)("many invalidations by three processes on %s, and no old value after any of them", async (engine) => {
  const random = createRandom(seed);
  const here = cachedOn(engine);
  const others = [new Other(engine), new Other(engine)];
  for (let i = 1; i <= 60; i += 1) {
    version = i;
    await Promise.all(others.map((other) => other.ask(`version ${i}`)));
    const who = Math.floor(random() * 3);
    if (who === 2) await here.cache.invalidateTags("all");
    else await (others[who] as Other).ask(random() < 0.5 ? "own all" : "all all");
    const answers = await Promise.all([here("a"), here("b"), ...others.map((other) => other.ask("call a"))]);
    expect(answers, `SEED=${seed}, round ${i}`).toEqual([`a${i}`, `b${i}`, `a${i}`, `a${i}`]);
  }
});

describe.each(ENGINES)("the file with invalidations, on %s", (engine) => {
  it("of which any byte is damaged never makes an old value valid, and works again", async () => {
    const here = cachedOn(engine);
    for (const key of ["a", "b", "c"]) await here(key);
    await invalidateTags("key:a", "key:b");
    const whole = readFileSync(log);
    expect(whole.byteLength).toBe(32);
    for (let at = 0; at <= whole.byteLength; at += 1) {
      version += 1;
      const damaged = Buffer.from(whole);
      // At the end: one byte too many.
      if (at === whole.byteLength) writeFileSync(log, Buffer.concat([damaged, Buffer.of(7)]));
      else {
        damaged[at] = (damaged[at] as number) ^ (1 << (at % 8));
        writeFileSync(log, damaged);
      }
      const now = version;
      for (const key of ["a", "b"]) expect(await here(key), `byte ${at}`).toBe(`${key}${now}`);
      await here("c");
      version += 1;
      expect([await here("a"), await here("c")].join(), `then a hit, byte ${at}`).toMatch(
        new RegExp(`^a${now},c\\d+$`),
      );
      await here.cache.invalidateTags("all");
      version += 1;
      expect(await here("c"), `byte ${at}`).toBe(`c${version}`);
      // As it was, with entries of its epoch that it says are not valid.
      writeFileSync(log, whole);
    }
  });

  it("that is shorter, empty or gone never makes an old value valid", async () => {
    const here = cachedOn(engine);
    await here("a");
    await invalidateTags("key:a");
    for (const size of [31, 24, 17, 16, 8, 0, -1]) {
      version += 1;
      await here.cache.invalidateTags("key:b");
      await here("a");
      await here.cache.invalidateTags("key:a");
      version += 1;
      if (size < 0) rmSync(log);
      else truncateSync(log, size);
      expect(await here("a"), `${size} bytes`).toBe(`a${version}`);
    }
  });

  it("is begun anew when it is full", async () => {
    const here = cachedOn(engine);
    await here("a");
    await invalidateTags("key:b");
    const note = readFileSync(log).subarray(16, 24);
    const header = readFileSync(log).subarray(0, 16);
    writeFileSync(log, Buffer.concat([header, ...Array.from({ length: 32_767 }, () => note)]));
    expect(await here("a")).toBe("a0");
    await invalidateTags("key:b");
    expect(statSync(log).size).toBe(16 + 8 * 32_768);
    version = 1;
    expect(await here("a")).toBe("a0");
    await invalidateTags("key:b");
    expect(statSync(log).size).toBe(16);
    expect([await here("a"), await here("a")]).toEqual(["a1", "a1"]);
    version = 2;
    await invalidateTags("key:a");
    expect(await here("a")).toBe("a2");
  });

  it("goes with the folder", async () => {
    const here = cachedOn(engine);
    await here("a");
    await invalidateTags("key:a");
    await here.cache.close();
    await clearCacheDir(folderName, { cacheDir });
    expect(existsSync(log)).toBe(false);
    const again = cachedOn(engine);
    version = 1;
    expect([await again("a"), existsSync(log)]).toEqual(["a1", true]);
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  it("where it cannot be written, the invalidation is told to have failed, and holds here; then the others learn of it", async () => {
    const here = cachedOn(engine);
    const there = new Other(engine);
    expect([await here("a"), await there.ask("call a")]).toEqual(["a0", "a0"]);
    version = 1;
    // A directory in its place: root may write whatever the mode says.
    const whole = readFileSync(log);
    rmSync(log);
    mkdirSync(log);
    await expect(async () => here.cache.invalidateTags("key:a")).rejects.toThrow(CacheOperationError);
    await expect(invalidateTags("key:a")).rejects.toThrow(CacheOperationError);
    expect(await here("a")).toBe("a1");
    rmdirSync(log);
    writeFileSync(log, whole);
    chmodSync(log, 0o600);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(await here("a")).toBe("a1");
    await there.ask("version 2");
    expect(["a1", "a2"]).toContain(await there.ask("call a"));
    expect(lines.length).toBeGreaterThan(0);
  });
});

it("tags of what is encrypted are not to be read", async () => {
  const here = cachedOn("file", { encryptionKey: "ab".repeat(32) });
  await here("a");
  await invalidateTags("key:a");
  version = 1;
  expect([await here("a"), await here("a")]).toEqual(["a1", "a1"]);
  const folder = join(cacheDir, folderName);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name));
    for (const encoding of ["latin1", "utf16le"] as const)
      expect(text.includes(Buffer.from("key:a", encoding))).toBe(false);
  }
});
