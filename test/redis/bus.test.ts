/** Changes by one process, and the memory of another in front of the same server. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Bundle, bundle } from "../support/bundle.js";
import { BUS } from "../support/bus-orders.js";
import { BusPrograms, hold, LONG, until } from "../support/bus-programs.js";
import type { FenceProcess } from "../support/fence-process.js";
import { Passage } from "../support/passage.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

/** Milliseconds that a message may take, on a machine that has much else to do. In fact it takes about one. */
const MESSAGE = 500;
/** Milliseconds after which nothing is believed that was not confirmed; and with the time to subscribe again. */
const BELIEVED = 2_000;
const BACK = 8_000;

describe.runIf(hasRedis)("a memory in front of a server", () => {
  let program: Bundle;
  let server: RedisServer;
  let programs: BusPrograms;
  let isQuiet = true;
  beforeAll(async () => {
    program = await bundle("test/support/bus-child.ts");
  });
  afterAll(() => program?.remove());
  beforeEach(async () => {
    server = await RedisServer.start();
    programs = new BusPrograms(program.path, { engine: "redis", redis: server.url });
    isQuiet = true;
  });
  afterEach(async () => {
    const said = await programs.end();
    await server.remove();
    if (isQuiet) expect(said).toBe("");
  });

  const CHANNEL = `twat-cache:${BUS}:changes`;

  /** How many processes listen. */
  async function listeners(): Promise<number> {
    const answer = await server.tell(`PUBSUB NUMSUB ${CHANNEL}`).catch(() => "");
    return Number(/:(\d+)\r\n$/.exec(answer)?.[1] ?? 0);
  }

  /** Starts a program that has a value in its memory, and is told of changes. */
  async function startHolding(
    me: string,
    key = "k",
    memory: string | number = LONG,
    url = server.url,
  ): Promise<FenceProcess> {
    const before = await listeners();
    const one = programs.start(me, memory, url);
    await one.tell("call", key);
    await until(BACK, async () => (await listeners()) > before);
    await isHeard(one);
    await hold(one, key);
    return one;
  }

  /** Waits until a program hears what another says. */
  async function isHeard(one: FenceProcess): Promise<void> {
    const other = programs.start("probe");
    await until(BACK, async () => {
      await hold(one, "probe");
      await other.tell("delete", "probe");
      return (await one.tell("has", "probe")) === false;
    });
    await other.kill();
  }

  const isGone =
    (one: FenceProcess, key = "k") =>
    async (): Promise<boolean> =>
      (await one.tell("has", key)) === false;

  const changes: readonly (readonly [string, (one: FenceProcess) => Promise<unknown>])[] = [
    ["delete", (one) => one.tell("delete", "k")],
    ["clear", (one) => one.tell("clear")],
    ["set", (one) => one.tell("set", ["k"], "new")],
    ["refresh", (one) => one.tell("refresh", "k")],
  ];

  it.each(changes)("hears of %s within the time of a message", async (_name, change) => {
    const b = await startHolding("b");
    const a = programs.start("a");
    for (let round = 0; round < 5; round += 1) {
      const held = await hold(b, "k");
      await change(a);
      await until(MESSAGE, async () => (await b.tell("call", "k")) !== held);
      await b.tell("delete", "k");
    }
  });

  it("serves what the server has lost: hits are of the memory, and what it does itself takes nothing from it", async () => {
    const b = await startHolding("b");
    await b.tell("set", ["other"], "mine");
    await hold(b, "other");
    const held = await b.tell("call", "k");
    await server.tell("FLUSHALL");
    const runs = await b.tell("runs");
    expect(await b.tell("call", "k")).toBe(held);
    expect(await b.tell("call", "other")).toBe("mine");
    expect(await b.tell("runs")).toBe(runs);
  });

  it("ignores what is no message", async () => {
    const b = await startHolding("b");
    const held = await b.tell("call", "k");
    await server.tell("FLUSHALL");
    const [who, owner, id] = ["0".repeat(16), "0".repeat(32), "A".repeat(16)];
    const texts = ["", "*", "1", `1 ${who}`, `2 ${who} ${owner} *`, `1 ${who} ${owner} ${id}${id}`, "x".repeat(9_000)];
    for (const text of [...texts, `1 ${who} ${owner} ${id}`, `1 ${who} ${owner} *`, `1  ${who} ${owner} *`]) {
      expect(await server.tell(`PUBLISH ${CHANNEL} "${text}"`)).toBe(":1\r\n");
    }
    for (const own of [/\n(twat-cache\S+:changes:\S+)\r/.exec(await server.tell("PUBSUB CHANNELS *:changes:*"))?.[1]]) {
      for (const text of ["", "0", "99", "x"]) expect(await server.tell(`PUBLISH ${own} "${text}"`)).toBe(":1\r\n");
    }
    expect(await b.tell("call", "k")).toBe(held);
    expect(await listeners()).toBe(1);
  });

  it("whose subscription is killed: serves nothing for longer than its ttl", async () => {
    const b = await startHolding("b", "k", 400);
    const a = programs.start("a");
    await a.tell("has", "k");
    for (let round = 0; round < 4; round += 1) {
      await hold(b, "k");
      expect(await server.tell("CLIENT KILL TYPE pubsub")).toMatch(/^:\d/);
      await hold(b, "k");
      await a.tell("delete", "k");
      expect(await until(400 + MESSAGE, isGone(b))).toBeLessThan(400 + MESSAGE);
    }
  });

  it("whose subscription was killed: what was read meanwhile is not believed when there is one again", async () => {
    const b = await startHolding("b");
    const a = programs.start("a");
    await a.tell("has", "k");
    let isMissed = false;
    for (let attempt = 0; attempt < 20 && !isMissed; attempt += 1) {
      await until(BACK, async () => (await listeners()) === 1);
      await server.tell("CLIENT KILL TYPE pubsub");
      await hold(b, "k");
      await a.tell("delete", "k");
      // Nobody was there to hear it.
      isMissed = (await listeners()) === 0;
    }
    expect(isMissed).toBe(true);
    await until(BACK, async () => (await listeners()) === 1);
    await until(MESSAGE, isGone(b));
    await isHeard(b);
  });

  it("of a process that is stopped: hears of it when it goes on", async () => {
    const b = await startHolding("b");
    const a = programs.start("a");
    b.stop();
    await a.tell("delete", "k");
    b.goOn();
    await until(MESSAGE, isGone(b));
    await isHeard(b);
  });

  it("of a process that is busy for long: the first thing it does is not to serve what is old", async () => {
    const b = await startHolding("b");
    const a = programs.start("a");
    await a.tell("has", "k");
    for (let round = 0; round < 2; round += 1) {
      await hold(b, "k");
      const answer = b.tell("hasAfterWork", BELIEVED + 100, "k");
      await a.tell("delete", "k");
      expect(await answer).toBe(false);
    }
    await isHeard(b);
  });

  it("behind a subscription through which nothing comes: nothing old is served for longer than that is believed", async () => {
    const passage = await Passage.open(server.port);
    try {
      const b = await startHolding("b", "k", LONG, passage.url);
      const a = programs.start("a");
      await a.tell("has", "k");
      passage.mute();
      await a.tell("delete", "k");
      expect(await b.tell("has", "k")).toBe(true);
      await until(BELIEVED + MESSAGE, isGone(b));
    } finally {
      await passage.close();
    }
  });

  it("of a server that starts again, empty: what it had is not served, and changes are heard again", async () => {
    isQuiet = false;
    const b = await startHolding("b");
    await server.kill();
    await server.start();
    await until(BACK, isGone(b));
    await until(BACK, async () => (await listeners()) === 1);
    await isHeard(b);
  });

  it("of a server that does not answer for a while: nothing old is served afterwards", async () => {
    isQuiet = false;
    const b = await startHolding("b");
    const a = programs.start("a");
    await a.tell("has", "k");
    server.freeze();
    const change = a.tell("delete", "k").catch(() => undefined);
    await until(2 * BELIEVED, async () => {
      await b.tell("call", "k");
      return false;
    }).catch(() => undefined);
    server.thaw();
    await change;
    const remove = (): Promise<boolean> =>
      a.tell("delete", "k").then(
        () => true,
        () => false,
      );
    await until(BACK, remove);
    await until(MESSAGE, isGone(b));
    await until(BACK, async () => (await listeners()) === 1);
    await isHeard(b);
  });

  it("of a server where nothing may be said: that is told once, nothing fails, and the ttl holds", async () => {
    isQuiet = false;
    expect(await server.tell("ACL SETUSER default resetchannels")).toBe("+OK\r\n");
    const [a, b] = [programs.start("a"), programs.start("b", 400)];
    for (let round = 0; round < 3; round += 1) {
      await hold(b, "k");
      expect(await a.tell("delete", "k")).toBe(true);
      await until(400 + MESSAGE, isGone(b));
    }
    await a.tell("set", ["k"], "new");
    await a.tell("clear");
    await until(BACK, async () => b.stderr !== "");
    expect(b.stderr.split("are not heard")).toHaveLength(2);
    expect(a.stderr).toBe("");
    for (const one of [a, b]) expect(await one.tell("stats")).toMatchObject({ engineFailures: 0 });
  });

  it("is subscribed to only while there is one", async () => {
    const a = programs.start("a");
    await a.tell("call", "k");
    expect(await listeners()).toBe(0);
    const b = await startHolding("b");
    expect(await listeners()).toBe(1);
    await b.tell("closeCaches");
    await until(MESSAGE, async () => (await listeners()) === 0);
    expect(await b.tell("call", "k")).toMatch(/^b-/);
  });

  it("leaves the process free to end", async () => {
    const b = await startHolding("b");
    const began = performance.now();
    expect(await b.end()).toBe(0);
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  it("of 8 processes, which read and change the same keys: nothing is older than a message takes", async () => {
    const { reads, changes: changed, late } = await programs.storm(8, 2_000, 1);
    expect(late.filter((age) => age > MESSAGE)).toEqual([]);
    expect(reads + changed).toBe(16_000);
  }, 180_000);
});
