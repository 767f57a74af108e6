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

async function openStore({ engine: name, cacheDir, maxSize }: Orders): Promise<Access> {
  const engine = engines.named(name);
  if (engine === undefined) throw new Error(`There is no engine ${name}.`);
  const options: StoreOptions = {
    name: STORM,
    maxSize: maxSize ?? Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
    policy: "fifo",
    now: () => Date.now(),
    place: placeOf(cacheDir),
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

/** The same by the handle of a cached function. */
function openHandle({ engine, cacheDir }: Orders): Access {
  let next = "";
  let ran = false;
  const cached = bcache(
    (_key: string): string => {
      ran = true;
      return next;
    },
    {
      name: STORM,
      version: 1,
      folderName: STORM,
      cacheDir,
      engine,
      maxSize: Number.POSITIVE_INFINITY,
      fallback: false,
    },
  );
  return {
    get: (key) => cached.cache.peek(key),
    set: (key, value) => cached.cache.set([key], value),
    delete: (key) => cached.cache.delete(key),
    clear: () => cached.cache.clear(),
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
  const access = orders.mode === "handle" ? openHandle(orders) : await openStore(orders);
  let left = orders.operations;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      if (orders.mode === "handle" && orders.lanes === 1 && random() < 0.3) await callStep(access);
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
