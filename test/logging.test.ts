import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { forgetWarnings, log, setLogger, warnOnce, warnSometimes } from "../src/logging.js";
import { makeWorkFolder, node, root } from "./support/build.js";
import { collectLog } from "./support/log.js";

const lines = collectLog();

describe("a logger of one's own", () => {
  it("gets the lines", () => {
    log("warn", "message", { a: 1 });
    expect(lines).toEqual([{ level: "warn", message: "message", fields: { a: 1 } }]);
  });

  it("that fails harms nobody", () => {
    const fail = (): never => {
      throw new Error("no disk");
    };
    setLogger({ debug: fail, info: fail, warn: fail, error: fail });
    const before = process.listeners("warning");
    process.removeAllListeners("warning");
    process.once("warning", () => undefined);
    try {
      expect(() => log("error", "message")).not.toThrow();
    } finally {
      for (const listener of before) process.on("warning", listener);
    }
  });
});

describe("warnings", () => {
  it("come once for each cause", () => {
    for (let i = 0; i < 3; i += 1) warnOnce("a", "first");
    warnOnce("b", "second");
    for (let i = 0; i < 3; i += 1) warnSometimes("c", "third");
    expect(lines.map(({ message }) => message)).toEqual(["first", "second", "third"]);
  });

  it("are bounded: a thousand causes, and a line that says so", () => {
    for (let i = 0; i < 5_000; i += 1) warnOnce(`cause ${i}`, `message ${i}`);
    expect(lines).toHaveLength(1_000);
    expect(lines.at(-1)?.message).toMatch(/new ones are not written/);
    forgetWarnings();
    warnOnce("cause 0", "again");
    expect(lines).toHaveLength(1_001);
  });
});

describe("the library's own logger, in a process of its own", () => {
  const program = (body: string): readonly string[] => [
    "--input-type=module",
    "--eval",
    `import { mcache } from "twat-cache"; ${body}`,
  ];
  const fallback = 'mcache((n) => n, { engine: "nosuch", name: "logged" })(1);';

  it("writes warnings to stderr, as lines of JSON, even right before the end", async () => {
    const { code, stdout, stderr } = await node(program(`${fallback} process.exit(3);`));
    expect([code, stdout]).toEqual([3, ""]);
    const line = JSON.parse(stderr) as Record<string, unknown>;
    expect(line).toMatchObject({ level: 40, name: "twat-cache", cache: "logged", engine: "lru" });
    expect(line.msg).toMatch(/"nosuch" cannot be used: it is not registered/);
  });

  it.each([
    [{ TWAT_CACHE_LOG_LEVEL: "silent" }, 0],
    [{ TWAT_CACHE_LOG_LEVEL: "error" }, 0],
    [{ TWAT_CACHE_LOG_LEVEL: "WARN" }, 1],
    [{ TWAT_CACHE_LOG_LEVEL: "debug" }, 2],
    [{ TWAT_CACHE_DEBUG: "1" }, 2],
    [{ TWAT_CACHE_LOG_LEVEL: "loud" }, 2],
  ])("%j: %i lines", async (env, count) => {
    const { stderr } = await node(program(`${fallback} mcache((n) => n)(1);`), { env: env as Record<string, string> });
    expect(stderr.split("\n").filter(Boolean)).toHaveLength(count);
  });

  it("TWAT_CACHE_LOG_FILE names a file instead", async () => {
    const file = join(makeWorkFolder("log"), "deep", "cache.log");
    const { stderr } = await node(program(fallback), { env: { TWAT_CACHE_LOG_FILE: file } });
    expect(stderr).toBe("");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      msg: expect.stringContaining('"nosuch" cannot be used'),
    });
  });

  it("a log file that cannot be written gives way to the process's warnings", async () => {
    const blocked = join(root, "package.json", "cache.log");
    const { code, stderr } = await node(program(fallback), { env: { TWAT_CACHE_LOG_FILE: blocked } });
    expect(code).toBe(0);
    expect(stderr).toMatch(/TwatCacheWarning: The cache "logged" uses the engine "lru"/);
  });

  it("says nothing where there is nothing to say, and loads nothing then", async () => {
    const body =
      'mcache((n) => n)(1); const { default: module } = await import("node:module"); console.log(Object.keys(module._cache ?? {}).filter((file) => file.includes("pino")).length);';
    expect(await node(program(body))).toEqual({ code: 0, stdout: "0\n", stderr: "" });
  });

  it("never writes a key, an argument or a value", async () => {
    const secret = "hunter2-secret";
    const body = `
      mcache((password) => [password].values(), { name: "one-shot" })("${secret}");
      mcache((user) => user, { key: () => { throw new Error("no key"); } })({ password: "${secret}" });
      mcache((user) => new (class Token { constructor() { this.token = user; } })(), { clone: "structured" })("${secret}");
      mcache(() => 1, { onHit() { throw new Error("hook"); } })("${secret}");
    `;
    const { stderr } = await node(program(body), { env: { TWAT_CACHE_LOG_LEVEL: "debug" } });
    expect(stderr.split("\n").length).toBeGreaterThan(4);
    expect(stderr).not.toMatch(secret);
  });
});
