/**
 * A program in which everything that a cache is given fails at random, for a while: functions, options, hooks, engines,
 * loggers. Says at its end what went wrong that should not have. Started with a seed and a directory.
 */

import {
  CacheOperationError,
  CacheTimeoutError,
  getStats,
  invalidateNamespaces,
  invalidateTags,
  mcache,
  setLogger,
  TwatCacheError,
  withCache,
} from "../../src/index.js";
import { createBlock, createMethod, createSubject, kinds, type Subject } from "./strict-caches.js";
import { Harm } from "./strict-harm.js";
import { callers } from "./strict-source.js";
import { watchTimers } from "./strict-timers.js";

const ROUNDS = 50;
const KEYS = ["a", "b", "c", "d", "e", "f", "g"];

const sleep = globalThis.setTimeout;
const timers = watchTimers();
const [, , seed = "1", cacheDir = ""] = process.argv;
const harm = new Harm(Number(seed));

const counts = { calls: 0, settled: 0, failed: 0, operations: 0 };
const wrong: string[] = [];
const warnings: string[] = [];
process.on("warning", ({ name, message }) => {
  // The last resort of a log that cannot be written.
  if (name !== "TwatCacheWarning") warnings.push(`${name}: ${message}`);
});
/** Timers that keep the program alive. */
const held = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
let heldWhenDone = Number.NaN;
process.on("exit", () => {
  const report = { ...counts, harm: harm.done, wrong, warnings, heldWhenDone, heldAtExit: held(), left: timers.left() };
  console.log(JSON.stringify(report));
});

/** What may come of a call. */
interface Expected {
  readonly subject: Subject;
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
  /** It was asked of the handle, which makes the key first. */
  readonly byHandle?: boolean;
}

function complain(what: string, { subject, key }: Expected, came: unknown): void {
  if (wrong.length >= 10) return;
  const shown = came instanceof Error ? (came.stack ?? came.message) : JSON.stringify(came);
  wrong.push(`${what} of ${subject.name} for ${key}: ${shown}`);
}

function judgeValue(expected: Expected, value: unknown): void {
  counts.settled += 1;
  if (!expected.subject.source.gave(expected.key, value)) complain("value", expected, value);
}

function judgeError(expected: Expected, error: unknown): void {
  counts.settled += 1;
  counts.failed += 1;
  const { subject, signal, byHandle = false } = expected;
  const { options, source, isBatch } = subject;
  const mayBeCopy = options.cacheErrors !== undefined && (options.cacheDir !== undefined || options.clone !== "none");
  const cause = error instanceof Error ? error.cause : undefined;
  const isOurs = [error, cause].some((one) => one instanceof TwatCacheError || harm.made.has(one));
  const isRight =
    source.failedWith(error, mayBeCopy) ||
    (signal?.aborted === true && signal.reason === error) ||
    (options.hardTimeout !== undefined && error instanceof CacheTimeoutError) ||
    (isBatch && error instanceof CacheOperationError) ||
    (byHandle && isOurs);
  if (!isRight) complain("error", expected, error);
}

/** Does something that may fail at once or later, and hears of it either way. */
function hear(act: () => unknown, good: (value: unknown) => void, bad: (error: unknown) => void): void {
  let came: unknown;
  try {
    came = act();
  } catch (error) {
    bad(error);
    return;
  }
  // A value that is a promise by itself would be waited for.
  if (came instanceof Promise) void came.then(good, bad);
  else good(came);
}

function ask(expected: Expected, act: () => unknown): void {
  counts.calls += 1;
  hear(
    act,
    (value) => judgeValue(expected, value),
    (error) => judgeError(expected, error),
  );
}

const ignore = (): void => undefined;

function operate(act: () => unknown): void {
  counts.operations += 1;
  hear(act, ignore, ignore);
}

const keyOf = (): string => harm.pick(KEYS);

function signalOf(): AbortSignal | undefined {
  if (harm.chance(0.6)) return undefined;
  const controller = new AbortController();
  callers.add(controller.signal);
  const callerNumber = counts.calls;
  const abort = (): void => controller.abort(new Error(`caller ${callerNumber} has stopped waiting`));
  const dice = harm.random();
  if (dice < 0.2) abort();
  else if (dice < 0.5) setImmediate(abort);
  else if (dice < 0.9) void sleep(abort, harm.random() * 6);
  return controller.signal;
}

function call(subject: Subject): void {
  const key = keyOf();
  const signal = subject.isBatch ? undefined : signalOf();
  const expected = { subject, key, signal };
  if (harm.chance(0.9)) {
    ask(expected, () => subject.call(key, signal));
    return;
  }
  const rules = harm.pick([{ bypass: true }, { refresh: true }, { namespace: "other" }, { ttl: 3 }]);
  ask(expected, () => withCache(rules, () => subject.call(key, signal)));
}

function set(subject: Subject): void {
  const key = keyOf();
  const value = subject.source.newValue(key);
  // Whoever makes a promise handles it.
  if (value instanceof Promise) value.catch(ignore);
  operate(() => subject.handle.set?.([key], value));
}

function many(subject: Subject): void {
  const keys = [keyOf(), keyOf(), keyOf()];
  const expected = { subject, key: keys.join(), byHandle: true };
  counts.calls += 1;
  hear(
    () => subject.handle.many?.(keys.map((key) => [key])),
    (values) => {
      for (const [place, key] of keys.entries()) {
        const value = (values as unknown[] | undefined)?.[place];
        hear(
          () => value,
          (result) => values !== undefined && judgeValue({ subject, key }, result),
          (error) => judgeError({ subject, key }, error),
        );
      }
    },
    (error) => judgeError(expected, error),
  );
}

function warm({ handle }: Subject): void {
  const lists = [[keyOf()], [keyOf()], [keyOf()]];
  const onProgress = harm.spoilt("onProgress", () => undefined);
  operate(() => handle.warm?.(lists, { concurrency: 2, onProgress, signal: signalOf() }));
}

function look({ source, handle, name }: Subject): void {
  const key = keyOf();
  operate(() => handle.has?.(key));
  hear(
    () => handle.peek?.(key),
    (value) => {
      if (value !== undefined && !source.gave(key, value)) wrong.push(`peek of ${name} for ${key}`);
    },
    ignore,
  );
  operate(() => handle.stats?.());
}

/** What is done to a cache, and how often. */
const acts: readonly (readonly [number, (subject: Subject) => void])[] = [
  [60, call],
  [6, (subject) => operate(() => subject.handle.delete?.(keyOf()))],
  [5, (subject) => operate(() => subject.handle.expire?.(keyOf()))],
  [6, set],
  [
    6,
    (subject) => {
      const key = keyOf();
      ask({ subject, key, byHandle: true }, () => subject.handle.refresh?.(key));
    },
  ],
  [3, many],
  [3, warm],
  [4, look],
  [1, (subject) => operate(() => subject.handle.clear?.())],
  [3, (subject) => operate(() => subject.handle.invalidateTags?.(keyOf()))],
  [2, () => operate(() => invalidateTags(keyOf(), keyOf()))],
  [1, () => operate(() => invalidateNamespaces("strict"))],
];

function act(subject: Subject): void {
  let dice = harm.random() * acts.reduce((sum, [share]) => sum + share, 0);
  for (const [share, what] of acts) {
    dice -= share;
    if (dice < 0) return void what(subject);
  }
}

const makers: readonly (() => Subject)[] = [
  ...Object.keys(kinds).map((kind) => () => createSubject(kind, harm, cacheDir, act)),
  () => createMethod(harm, act),
  () => createBlock(harm, act),
];

const subjects = makers.map((make) => make());
// One load that is sure never to settle: the timer of its limit is there at the end, whatever chance brings.
void mcache(() => new Promise<string>(ignore), { hardTimeout: "20m" })();
const complaining = {
  debug: ignore,
  info: ignore,
  warn: harm.spoilt("warn", ignore, { probability: 0.9 }),
  error: ignore,
};

for (let round = 0; round < ROUNDS; round += 1) {
  if (harm.chance(0.05)) setLogger(harm.chance(0.5) ? complaining : undefined);
  for (const [place, subject] of subjects.entries()) {
    for (let i = 0; i < 4; i += 1) act(subject);
    // Early, since a close waits for what hangs.
    if (round < ROUNDS / 3 && harm.chance(0.01)) {
      operate(() => subject.handle.close?.());
      act(subject);
      subjects[place] = (makers[place] as () => Subject)();
    }
  }
  operate(getStats);
  await new Promise((resolve) => (harm.chance(0.3) ? sleep(resolve, 3) : setImmediate(resolve)));
}
// What was begun comes to its end, or never does. Nothing is closed: that would end what keeps the program alive.
await new Promise((resolve) => sleep(resolve, 100));
heldWhenDone = held();
