/** Processes with caches on a Redis server: what they open, hold, say, and that they end. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { node, type Outcome } from "../support/build.js";
import { type Bundle, bundle } from "../support/bundle.js";
import { until } from "../support/lateness.js";
import { RedisProxy, type Weather } from "../support/redis-proxy.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

/** Bytes by which the heap may grow in twenty thousand calls. */
const GROWTH = 5_000_000;
/** Milliseconds in which a process ends that has nothing more to do, and what a slow machine adds. */
const END = 100 + 400;
/** The same where it waits until a server that is silent is given up. */
const END_OF_SILENCE = 1_000 + 1_000;
/** Commands after which a program has done more than to see that its cache works. */
const MANY = 50;
const PASSWORD = "c0rrect-h0rse";

let library: Bundle;
beforeAll(async () => {
  library = await bundle("src/index.ts");
});
afterAll(() => library.remove());

let started: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.remove();
});
async function startServer(...settings: readonly string[]): Promise<RedisServer> {
  const server = await RedisServer.start(...settings);
  started = [...started, server];
  return server;
}
async function startProxy(server: RedisServer, weather: Weather = "pass"): Promise<RedisProxy> {
  const proxy = await RedisProxy.start(server.port);
  started = [...started, { remove: () => proxy.close() }];
  proxy.weather = weather;
  return proxy;
}

/** What programs begin with. `say` adds to what is told at the end. */
const PROLOGUE = `
  import { inspect } from "node:util";
  const said = {};
  const say = (more) => void Object.assign(said, more);
  let ended = performance.now();
  process.on("exit", () => console.log(JSON.stringify({ ...said, toExit: performance.now() - ended })));
  const until = async (isSo) => {
    for (const begun = performance.now(); !(await isSo()); await new Promise((go) => setTimeout(go, 10))) {
      if (performance.now() - begun > 10_000) throw new Error("Waited in vain for " + isSo);
    }
  };
  const works = (one) => until(async () => { const { hits } = one.cache.stats(); await one(1); return one.cache.stats().hits > hits; });
`;

interface Program extends Outcome {
  readonly said: Record<string, number> & { readonly text?: string };
}

async function runProgram(url: string, body: string, env: Record<string, string> = {}): Promise<Program> {
  const program = `${PROLOGUE}
    const { acache, closeCaches, getStats, invalidateTags } = await import(${JSON.stringify(library.path)});
    const make = (options) => acache(async (n) => n, { name: "f", version: 1, folderName: "f", redis: ${JSON.stringify(url)}, ...options });
    const f = make();
    ${body}
    ended = performance.now();`;
  const flags = ["--expose-gc", "--unhandled-rejections=strict", "--input-type=module"];
  const outcome = await node([...flags, "--eval", program], { timeout: 40_000, env });
  const last = outcome.stdout.trim().split("\n").at(-1) ?? "";
  return { ...outcome, said: last === "" ? {} : (JSON.parse(last) as Program["said"]) };
}

describe.runIf(hasRedis)("a process ends by itself", () => {
  it.each([
    ["that has called", "await f(1); await f(1);"],
    ["that has a connection and does nothing", "await works(f); await new Promise((go) => setTimeout(go, 100));"],
    ["that awaits nothing", "void f(1); void f.cache.clear().catch(() => undefined);"],
    ["that has closed everything, and goes on", "await works(f); await closeCaches(); if (await f(7) !== 7) throw 0;"],
  ])("%s", async (_what, body) => {
    const server = await startServer();
    const { code, stderr, said } = await runProgram(server.url, body);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(said.toExit).toBeLessThan(body.startsWith("void") ? END_OF_SILENCE : END);
  });

  it("with a cluster", async () => {
    const server = await startServer("--cluster-enabled", "yes");
    await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    const body = `const g = make({ name: "g", redis: { rootNodes: [{ url: ${JSON.stringify(server.url)} }] } }); await works(g);`;
    const { code, said } = await runProgram(server.url, body);
    expect(code).toBe(0);
    expect(said.toExit).toBeLessThan(END);
  });

  it("with a server that is not there", async () => {
    const server = await RedisServer.absent();
    const body = `for (let i = 0; i < 20; i += 1) if ((await f(i)) !== i) throw 0;
      await f.cache.delete(1).then(() => { throw 0; }, () => undefined);`;
    const { code, said } = await runProgram(server.url, body);
    expect(code).toBe(0);
    expect(said.toExit).toBeLessThan(END);
  });

  it("with a server that dies", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const killed = until("it works", () => proxy.commands > MANY).then(() => server.kill());
    const body = `await works(f); await until(async () => { await f(performance.now()); return f.cache.stats().skipped > 0; });`;
    const { code, said } = await runProgram(proxy.url, body);
    await killed;
    expect(code).toBe(0);
    expect(said.toExit).toBeLessThan(END);
  });

  it.each<Weather>(["hang", "half", "drip"])("with a server that is silent: %s", async (weather) => {
    const server = await startServer();
    const proxy = await startProxy(server, weather);
    const { code, said } = await runProgram(proxy.url, "await f(1); await f.cache.delete(1).catch(() => undefined);");
    expect(code).toBe(0);
    console.info(`${weather}: ended ${Math.round(said.toExit ?? 0)} ms after its work`);
    expect(said.toExit).toBeLessThan(END_OF_SILENCE);
  });

  it("with a server that is frozen", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const frozen = until("it works", () => proxy.commands > MANY).then(() => server.freeze());
    const body = `await works(f); await until(async () => { await f(performance.now()); return f.cache.stats().engineFailures > 0; });`;
    const { code, said } = await runProgram(proxy.url, body);
    await frozen;
    expect(code).toBe(0);
    console.info(`frozen: ended ${Math.round(said.toExit ?? 0)} ms after its work`);
    expect(said.toExit).toBeLessThan(END_OF_SILENCE);
  });
});

describe.runIf(hasRedis)("what a process holds", () => {
  const calls = `
    for (let i = 0; i < 200; i += 1) await f(i);
    gc(); gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 20_000; i += 1) if ((await f(1_000 + i)) !== 1_000 + i) throw 0;
    gc(); gc();
    say({ grown: process.memoryUsage().heapUsed - before });`;

  it.each<Weather>(["refuse", "hang", "hold replies", "flap", "-LOADING"])(
    "grows by 5 MB at most in 20,000 calls: %s",
    async (weather) => {
      const server = await startServer();
      const proxy = await startProxy(server, weather);
      const { code, said } = await runProgram(proxy.url, calls);
      expect(code).toBe(0);
      console.info(`${weather}: grown by ${Math.round((said.grown ?? 0) / 1_000)} kB`);
      expect(said.grown).toBeLessThan(GROWTH);
    },
  );

  it("grows as little when all calls come at once, with large values, and removals that wait", async () => {
    const server = await startServer();
    const proxy = await startProxy(server, "hang");
    const body = `
      const large = acache(async (n) => Buffer.alloc(100_000, n), { name: "large", version: 1, redis: ${JSON.stringify(proxy.url)} });
      await Promise.all([f(1), large(1)]);
      gc(); gc();
      const before = process.memoryUsage();
      for (let round = 0; round < 20; round += 1) {
        await Promise.all(Array.from({ length: 1_000 }, (_, i) => f(round * 1_000 + i)));
        await Promise.all(Array.from({ length: 50 }, (_, i) => large(round * 50 + i)));
        await Promise.allSettled(Array.from({ length: 500 }, (_, i) => f.cache.delete(round * 500 + i)));
      }
      gc(); gc();
      const after = process.memoryUsage();
      say({ grown: after.heapUsed - before.heapUsed, outside: after.arrayBuffers - before.arrayBuffers });`;
    const { code, said } = await runProgram(proxy.url, body);
    expect(code).toBe(0);
    expect(said.grown).toBeLessThan(GROWTH);
    expect(said.outside).toBeLessThan(GROWTH);
  });
});

describe.runIf(hasRedis)("until the first call", () => {
  it("no package is loaded", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    const loaded = `Object.keys(process.getBuiltinModule("node:module")._cache).filter((path) => /node_modules.(@keyv|@redis|keyv)/.test(path)).length`;
    const body = `
      for (let i = 0; i < 10; i += 1) make({ name: "f" + i });
      await new Promise((go) => setTimeout(go, 50));
      say({ loaded: ${loaded} });
      await works(f);
      say({ loadedThen: ${loaded} });`;
    const { code, said } = await runProgram(proxy.url, body);
    expect(code).toBe(0);
    expect(said.loaded).toBe(0);
    expect(said.loadedThen).toBeGreaterThan(0);
  });

  it("nobody is connected to the server", async () => {
    const server = await startServer();
    const proxy = await startProxy(server);
    await runProgram(proxy.url, "make({ name: 'g' }); await new Promise((go) => setTimeout(go, 50));");
    expect(proxy.connections).toBe(0);
  });
});

describe.runIf(hasRedis)("a password", () => {
  it.each<readonly [string, Weather, string]>([
    ["that is right", "pass", PASSWORD],
    ["that is wrong", "pass", `not-${PASSWORD}`],
    ["that goes nowhere", "refuse", PASSWORD],
    ["to a server that is silent", "hang", PASSWORD],
    ["to one that talks nonsense", "garbage", PASSWORD],
    ["to one that resets", "reset", PASSWORD],
  ])("%s is in no line, error, stack or figure", async (_what, weather, password) => {
    const server = await startServer("--requirepass", PASSWORD);
    const proxy = await startProxy(server, weather);
    const url = proxy.url.replace("//", `//default:${password}@`);
    const body = `
      const errors = [];
      const told = make({ name: "told", tags: ["t"], onError: (event) => void errors.push(event) });
      const asOptions = acache(async (n) => n, { name: "options", version: 1, redis: { url: ${JSON.stringify(proxy.url)}, password: ${JSON.stringify(password)} } });
      for (let i = 0; i < 10; i += 1) { await told(i); await asOptions(i); }
      for (const act of [() => told.cache.delete(1), () => told.cache.clear(), () => told.cache.set([1], 1), () => invalidateTags("t"), () => told.cache.close()]) {
        await act().catch((error) => void errors.push(error));
      }
      process.stderr.write(inspect([errors, getStats(), told, told.cache], { depth: 20, showHidden: true }));
      say({ errors: errors.length });`;
    const { code, stdout, stderr, said } = await runProgram(url, body, { TWAT_CACHE_LOG_LEVEL: "debug" });
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain(PASSWORD);
    if (weather !== "pass" || password !== PASSWORD) expect(said.errors).toBeGreaterThan(5);
  });

  it.each(["redis://default:PW@[::1", "redis://u:PW@127.0.0.1:99999"])(
    "in %s, which is no URL, is not in the error where a function is decorated",
    async (url) => {
      const { code, stdout, stderr } = await runProgram(url.replace("PW", PASSWORD), "", {});
      expect(code).toBe(1);
      expect(stderr).toContain("a URL that begins with redis://");
      expect(stdout + stderr).not.toContain(PASSWORD);
    },
  );

  it.each(["redis://u:PW@127.0.0.1/x", "rediss://u:PW@127.0.0.1:1"])(
    "in %s, which leads nowhere, neither",
    async (url) => {
      const body = `
        const errors = [];
        for (let i = 0; i < 3; i += 1) if ((await f(i)) !== i) throw 0;
        for (const act of [() => f.cache.delete(1), () => invalidateTags("t")]) await act().catch((error) => void errors.push(error));
        process.stderr.write(inspect([errors, getStats()], { depth: 20, showHidden: true }));`;
      const { code, stdout, stderr } = await runProgram(url.replace("PW", PASSWORD), body, {
        TWAT_CACHE_LOG_LEVEL: "debug",
      });
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toContain(PASSWORD);
    },
  );
});
