/** The house of floors: imports go down or stay inside a room. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./support/build.js";

const floors: readonly (readonly string[])[] = [
  [
    "errors",
    "clock",
    "entry",
    "stats",
    "function",
    "native",
    "node",
    "registered-type",
    "folder-name",
    "signal",
    "promise",
    "yes-or-no",
  ],
  ["keys", "policy", "clone", "codec", "paths", "register-type", "logging", "quantity", "size", "scope", "tags"],
  ["contract"],
  ["config", "disk", "identity"],
  ["engines"],
  ["wrap", "select", "caches"],
  ["decorators", "context", "configure"],
  ["create-cache"],
  ["index", "testing"],
];
/** What must load wherever JavaScript runs. */
const memoryPath = ["keys", "entry", "policy", "tags", "wrap", "engines/map", "engines/lru", "engines/linked-map"];

interface Source {
  readonly path: string;
  /** The folder, or the file that stands alone. */
  readonly room: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** Files of ours, and packages. */
  readonly imports: readonly string[];
}

const src = join(root, "src");
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
const sources: readonly Source[] = files.map((file) => {
  const path = file.replaceAll("\\", "/").replace(/\.ts$/, "");
  const text = readFileSync(join(src, file), "utf8");
  // Docstrings hold examples with imports of their own.
  const code = text.replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const specifiers = [...code.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string);
  const imports = specifiers.map((name) =>
    name.startsWith(".")
      ? normalize(join(dirname(path), name))
          .replaceAll("\\", "/")
          .replace(/\.js$/, "")
      : name,
  );
  return { path, room: path.split("/")[0] as string, text, code, imports };
});
const byPath = new Map(sources.map((source) => [source.path, source]));
const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));

describe("the architecture", () => {
  it("every room has its floor", () => {
    expect(sources.map(({ room }) => room).filter((room) => floorOf(room) < 0)).toEqual([]);
    const rooms = new Set(sources.map(({ room }) => room));
    expect(floors.flat().filter((room) => !rooms.has(room))).toEqual([]);
  });

  it("imports go down, or stay inside a room", () => {
    const wrong = sources.flatMap(({ path, room, imports }) =>
      imports
        .filter((target) => byPath.has(target))
        .filter((target) => {
          const targetRoom = (byPath.get(target) as Source).room;
          return targetRoom !== room && floorOf(targetRoom) >= floorOf(room);
        })
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it("every import of ours exists", () => {
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(
          (target) =>
            !target.includes(":") &&
            /^(\.|[a-z-]+\/)/.test(target) &&
            floorOf(target.split("/")[0] as string) >= 0 &&
            !byPath.has(target),
        )
        .map((target) => `${path} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it("rooms with an index are entered by it", () => {
    const wrong = sources.flatMap(({ path, room, imports }) =>
      imports
        .map((target) => byPath.get(target))
        .filter((target) => target !== undefined && target.room !== room)
        .filter((target) => byPath.has(`${target?.room}/index`) && target?.path !== `${target?.room}/index`)
        .map((target) => `${path} → ${target?.path}`),
    );
    expect(wrong).toEqual([]);
  });

  it("there are no cycles, imports of types included", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
      if (trail.includes(path) || done.has(path)) return;
      for (const target of byPath.get(path)?.imports ?? []) if (byPath.has(target)) visit(target, [...trail, path]);
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it("engines never import each other", () => {
    const engines = [
      "engines/map",
      "engines/lru",
      "engines/sqlite/",
      "engines/file/",
      "engines/sync-sqlite/",
      "engines/redis/",
      "engines/keyv/",
    ];
    const engineOf = (path: string): string | undefined =>
      engines.find((engine) => path === engine || path.startsWith(engine));
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => engineOf(path) !== undefined && engineOf(target) !== undefined)
        .filter((target) => engineOf(target) !== engineOf(path))
        .map((target) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ["zod", /^zod(\/|$)/, ["config/schema"]],
    ["lru-cache", /^lru-cache$/, ["engines/lru", "engines/sqlite/statements"]],
    ["pino", /^pino$/, []],
    ["cacache", /^cacache$/, ["engines/file/cacache"]],
    ["@keyv/sqlite", /^@keyv\/sqlite$/, ["engines/sqlite/connection", "engines/sqlite/index"]],
    ["better-sqlite3", /^better-sqlite3$/, []],
    ["leven", /^leven$/, ["config/issues"]],
  ])("%s is imported where it belongs, and nowhere else", (_name, pattern, allowed) => {
    const users = sources
      .filter(({ imports }) => imports.some((target) => pattern.test(target)))
      .map(({ path }) => path);
    expect(users).toEqual(allowed);
  });

  it("the memory path and all below it import no node: module", () => {
    const reached = new Set<string>();
    const reach = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const target of byPath.get(path)?.imports ?? []) reach(target);
    };
    for (const { path } of sources)
      if (memoryPath.some((room) => path === room || path.startsWith(`${room}/`))) reach(path);
    expect([...reached].filter((path) => path.startsWith("node:"))).toEqual([]);
    expect([...reached].filter((path) => !byPath.has(path))).toEqual(expect.arrayContaining(["lru-cache"]));
  });

  it("the front door imports nothing of Node that takes time to load", () => {
    const reached = new Set<string>();
    const reach = (path: string): void => {
      if (reached.has(path)) return;
      reached.add(path);
      const statements = (byPath.get(path)?.code ?? "").matchAll(/^(?:im|ex)port (?!type\b)[^;]*?from "([^"]+)"/gm);
      for (const [, name = ""] of statements) {
        reach(name.startsWith(".") ? join(dirname(path), name).replaceAll("\\", "/").replace(/\.js$/, "") : name);
      }
    };
    reach("index");
    expect([...reached].filter((path) => path.startsWith("node:"))).toEqual(["node:path"]);
    expect([...reached]).toEqual(expect.arrayContaining(["engines/file/index", "disk/head", "node/crypto"]));
  });

  it("files are small, and named after one thing", () => {
    const names = /(^|\/)(utils?|helpers?|common|types|misc|base)$/;
    expect(sources.filter(({ path }) => names.test(path)).map(({ path }) => path)).toEqual([]);
    const long = sources.filter(({ text }) => text.split("\n").length > 300).map(({ path }) => path);
    expect(long).toEqual([]);
    const lengths = sources.map(({ text }) => text.split("\n").length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length * 0.75)]).toBeLessThan(150);
  });

  it("no class inherits but errors, nothing is silenced, every file says what it is", () => {
    const inherits = sources.filter(({ text }) => /\bclass \w+(<[^>]*>)? extends (?!(\w*Error)\b)/.test(text));
    expect(inherits.map(({ path }) => path)).toEqual([]);
    const silenced = sources.filter(({ code }) =>
      /@ts-(ignore|nocheck|expect-error)|\bas any\b|: any\b(?!\[)/.test(code),
    );
    expect(silenced.map(({ path }) => path)).toEqual([]);
    const first = (text: string): string => text.replace(/^\/\/\/ .*\n\n/, "");
    expect(sources.filter(({ text }) => !first(text).startsWith("/**")).map(({ path }) => path)).toEqual([]);
  });

  it("the plan of the house in docs/architecture.md names every room", () => {
    const plan = readFileSync(join(root, "docs/architecture.md"), "utf8");
    expect(floors.flat().filter((room) => !plan.includes(`\`${room}`))).toEqual([]);
  });
});

it("relative paths in this file stand on the project's own folder", () => {
  expect(relative(root, src)).toBe("src");
});
