/** One of the processes of a storm: random operations on keys that others use too, with a log of what was acknowledged. */

import { openSync, writeSync } from "node:fs";
import type { StoreOptions } from "../../src/contract/index.js";
import { bcache } from "../../src/decorators/index.js";
import { engines } from "../../src/engines/index.js";
import { createEntry } from "../../src/entry.js";
import { createRandom } from "./random.js";
import { contentOf, now, type Orders, placeOf, STORM, tagOf } from "./storm-orders.js";

/** What a process can do to a key; all may fail. */
interface Access {
  get(key: string): Promise<unknown>;
  set(key: string, value: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  clear(): Promise<unknown>;
  close(): Promise<unknown>;
  /** A call of the function, which gives this value where nothing is cached; whether it ran, and what came. */
  call?(key: string, value: string): Promise<{ readonly ran: boolean; readonly value: unknown }>;
}

async function openStore({ engine: name, cacheDir, maxSize, redis }: Orders): Promise<Access> {
  const engine = engines.named(name);
  if (engine === undefined) throw new Error(`There is no engine ${name}.`);
  const options: StoreOptions = {
    name: STORM,
    maxSize: maxSize ?? Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "fifo",
    now: () => Date.now(),
    place: placeOf(cacheDir, redis),
  };
  const store = await engine.open(options);
  return {
    get: async (key) => (await store.get(key))?.value,
    set: async (key, value) => store.set(key, createEntry(value, 0, 0, undefined, 1)),
    delete: async (key) => store.delete(key),
    clear: async () => store.clear(),
    close: async () => store.close(),
  };
}

/** The tags of what loads of this process come to that are under way. It is given to all who wait, removed or not. */
const underWay = new Set<string>();
/** Milliseconds that a load takes at most. */
const LONGEST = 12;

/** A function that takes a while. What it gives counts as written, if it is, from when it began. */
async function loadSlowly(key: string): Promise<string> {
  begun += 1;
  const tag = `${orders.me}.${begun}`;
  underWay.add(tag);
  say("begin", begun, "load", key, tag, now());
  await new Promise((resolve) => setTimeout(resolve, random() * LONGEST));
  return contentOf(tag);
}

/** The same by the handle of a cached function. */
function openHandle({ engine, cacheDir, redis, tagged }: Orders): Access {
  let next = "";
  let ran = false;
  const given = (_key: string): string => {
    ran = true;
    return next;
  };
  const cached = bcache((orders.mode === "loads" ? loadSlowly : given) as (key: string) => Promise<string>, {
    name: STORM,
    version: 1,
    folderName: STORM,
    cacheDir,
    engine,
    fallback: false,
    // A server has bounds of its own.
    ...(redis === undefined ? { maxSize: Number.POSITIVE_INFINITY } : { redis }),
    ...(tagged === true && { tags: ["t"] }),
    ...(orders.mode === "loads" && { engineTimeout: 5_000 }),
  });
  return {
    get: (key) => cached.cache.peek(key),
    set: (key, value) => cached.cache.set([key], value),
    delete: (key) => cached.cache.delete(key),
    clear: () => (tagged === true && random() < 0.5 ? cached.cache.invalidateTags("t") : cached.cache.clear()),
    close: () => cached.cache.close(),
    async call(key, value) {
      next = value;
      ran = false;
      const result = await cached(key);
      return { ran, value: result };
    },
  };
}

const orders = JSON.parse(process.argv[2] ?? "{}") as Orders;
const random = createRandom(orders.seed);
const log = openSync(orders.log, "a");
let begun = 0;

const say = (...line: readonly unknown[]): void => void writeSync(log, `${JSON.stringify(line)}\n`);

/** Does something, with a line before, and one behind when it is acknowledged. */
async function record(kind: string, key: string, tag: string | undefined, act: () => Promise<unknown>): Promise<void> {
  begun += 1;
  const number = begun;
  say("begin", number, kind, key, tag, now());
  try {
    const value = await act();
    const end = now();
    say("end", number, end, kind === "get" && value !== undefined ? tagOf(value) : undefined);
  } catch (error) {
    say(
      "fail",
      number,
      error instanceof Error ? `${error.name}: ${error.message} ${error.cause ?? ""}` : String(error),
    );
  }
}

async function step(access: Access): Promise<void> {
  const key = `shared-${Math.floor(random() * orders.keys)}`;
  const dice = random();
  const tag = `${orders.me}.${begun + 1}`;
  if (dice < 0.002) await record("clear", "", undefined, () => access.clear());
  else if (dice < 0.4) await record("set", key, tag, () => access.set(key, contentOf(tag)));
  else if (dice < 0.55) await record("delete", key, undefined, () => access.delete(key));
  else await record("get", key, undefined, () => access.get(key));
}

/** Keys with calls under way. */
const called = new Map<string, number>();

/** Mostly calls. What comes of a load, or of a lookup that began earlier, says nothing about what is in the store now. */
async function loadStep(access: Access): Promise<void> {
  const key = `shared-${Math.floor(random() * orders.keys)}`;
  const dice = random();
  if (dice < 0.01) return record("clear", "", undefined, () => access.clear());
  if (dice < 0.2) return record("delete", key, undefined, () => access.delete(key));
  if (dice < 0.4) return record("get", key, undefined, () => access.get(key));
  const start = now();
  const others = called.get(key) ?? 0;
  called.set(key, others + 1);
  const outcome = await access.call?.(key, "");
  called.set(key, (called.get(key) ?? 0) - 1);
  const tag = tagOf(outcome?.value);
  if (underWay.has(tag)) setImmediate(() => underWay.delete(tag));
  if (underWay.has(tag) || others > 0) return;
  begun += 1;
  say("begin", begun, "get", key, undefined, start);
  say("end", begun, now(), tag);
}

/** A call is a read where the function did not run, and otherwise a write that nobody acknowledges. */
async function callStep(access: Access): Promise<void> {
  const key = `shared-${Math.floor(random() * orders.keys)}`;
  const tag = `${orders.me}.${begun + 1}`;
  begun += 1;
  const [read, write] = [begun, begun];
  const start = now();
  const outcome = await access.call?.(key, contentOf(tag));
  if (outcome?.ran === true) {
    say("begin", write, "set", key, tag, start);
    if (outcome.value !== contentOf(tag)) say("fail", write, "not the function's result");
  } else {
    say("begin", read, "get", key, undefined, start);
    say("end", read, now(), tagOf(outcome?.value));
  }
}

async function main(): Promise<void> {
  // Loads the packages.
  await engines.named(orders.engine)?.available();
  process.stdout.write("ready\n");
  await new Promise<void>((go) => process.stdin.once("data", () => go()));
  process.stdin.destroy();
  const access = orders.mode === "store" ? await openStore(orders) : openHandle(orders);
  let left = orders.operations;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (orders.mode === "loads") await loadStep(access);
      else if (orders.mode === "handle" && orders.lanes === 1 && random() < 0.3) await callStep(access);
      else await step(access);
    }
  };
  await Promise.all(Array.from({ length: orders.lanes }, lane));
  for (let i = 0; i < orders.own; i += 1) {
    const tag = `${orders.me}.own-${i}`;
    await record("set", `own-${orders.me}-${i}`, tag, () => access.set(`own-${orders.me}-${i}`, contentOf(tag)));
  }
  if (orders.closes) await access.close();
}

await main();
