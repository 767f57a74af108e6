/**
 * A cached function of a source that changes, whose values have tags, under random calls, changes, invalidations, failures
 * and steps of time, beside an oracle that knows one rule: who calls after an invalidation never gets what the source
 * said before it. The same for removals and for times.
 */

import assert from "node:assert/strict";
import { invalidateTags } from "../../src/index.js";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer, settle } from "./deferred.js";
import type { Cached, Kind } from "./every-kind.js";

const KEYS = ["a", "b", "c", "d"];
const TAGS = ["all", "red", "green", "blue"];

/** A value: what the source said when its load began. */
interface Value {
  readonly key: string;
  /** The step in which its load began. */
  readonly made: number;
  readonly tags: readonly string[];
  /** The versions of its tags. */
  readonly seen: ReadonlyMap<string, number>;
  /** When its load was settled, by the clock. */
  createdAt: number;
}

/** A run of the function that has not been settled. */
interface Run {
  readonly value: Value;
  readonly gate: Deferred<void>;
  /** The versions of all tags that a value may have. */
  readonly all: ReadonlyMap<string, number>;
}

/** An error, and what had been invalidated when its load began: of one that is kept, any of its tags may be meant. */
interface Failure {
  readonly key: string;
  readonly batch: number;
  readonly seen: ReadonlyMap<string, number>;
}

/** How often something happened, so that no rule is idle. */
export interface TagsTally {
  steps: number;
  calls: number;
  hits: number;
  stale: number;
  errors: number;
  /** Loads that were under way when one of their tags was invalidated. */
  overtaken: number;
  /** Values that were there when one of their tags was invalidated. */
  dropped: number;
}

export function emptyTagsTally(): TagsTally {
  return { steps: 0, calls: 0, hits: 0, stale: 0, errors: 0, overtaken: 0, dropped: 0 };
}

/** One run of random steps; throws at the first thing that is wrong. What it has come to is added to the tally. */
export async function runTags(kind: Kind, random: () => number, steps: number, tally: TagsTally): Promise<void> {
  const driver = new Driver(kind, random, tally);
  try {
    await driver.run(steps);
  } catch (error) {
    const trace = `${kind.name}, ${driver.options}\n${driver.trace.slice(-40).join("\n")}`;
    throw new Error(`${(error as Error).message}\n${trace}`, { cause: error });
  } finally {
    await driver.close();
  }
}

class Driver {
  readonly trace: string[] = [];
  readonly options: string;
  readonly #kind: Kind;
  readonly #random: () => number;
  readonly #tally: TagsTally;
  readonly #clock = createFakeClock();
  readonly #cached: Cached;
  readonly #ttl: number;
  readonly #grace: number;
  /** What the source says: it changes with the version of a tag. */
  readonly #versions = new Map(TAGS.map((tag) => [tag, 0]));
  /** The versions below which nothing may be served. */
  readonly #floors = new Map(TAGS.map((tag) => [tag, 0]));
  /** The steps before which nothing may have been made. */
  readonly #removals = new Map(KEYS.map((key) => [key, 0]));
  readonly #values = new Map<unknown, Value>();
  readonly #runs = new Set<Run>();
  /** By the message of the error, since what comes from disk is a copy. */
  readonly #failures = new Map<string, Failure>();
  #batch = 0;
  readonly #wrong: unknown[] = [];
  #open = 0;
  #step = 0;
  #count = 0;
  #loadsOfD = 0;
  readonly #unanswered = new Map(KEYS.map((key) => [key, 0]));
  #isEnding = false;

  constructor(kind: Kind, random: () => number, tally: TagsTally) {
    this.#kind = kind;
    this.#random = random;
    this.#tally = tally;
    const one = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
    this.#ttl = one(64, 1_024, Number.POSITIVE_INFINITY);
    const revalidate = one(0, 0, 128);
    const onError = one(0, 0, 256);
    this.#grace = Math.max(revalidate, onError);
    const hasFunction = random() < 0.7;
    this.options = JSON.stringify({ ttl: this.#ttl, revalidate, onError, hasFunction });
    this.#isOwn = random() < 0.3;
    this.#cached = kind.cached((key) => this.#load(key, hasFunction), {
      ttl: this.#ttl,
      ...(revalidate > 0 && { staleWhileRevalidate: revalidate }),
      ...(onError > 0 && { staleIfError: { for: onError, backoff: one(0, 16) } }),
      ...(random() < 0.3 && { cacheErrors: 32 }),
      tags: hasFunction ? (value) => this.#values.get(value)?.tags ?? [] : ["all", "red"],
      clock: this.#clock,
    });
  }

  /** Invalidations are of this cache alone. */
  readonly #isOwn: boolean;

  async close(): Promise<void> {
    for (const { gate } of this.#runs) gate.resolve();
    await settle();
    await this.#cached.cache.close();
  }

  async run(steps: number): Promise<void> {
    this.#call("a");
    await this.#drain();
    while (this.#step < steps) {
      const size = 1 + Math.floor(this.#random() * 4);
      for (let i = 0; i < size; i += 1) this.#act();
      await this.#drain();
      if (this.#random() < 0.3) this.#clock.advance(Math.floor(this.#random() * 40));
    }
    await this.#rest();
    // What is there at the end is served.
    this.#isEnding = true;
    const before = this.#loadsOfD;
    for (let i = 0; i < 2; i += 1) {
      this.#call("d");
      await this.#rest();
    }
    // Others may still come, such as that of a refresh which waits for its store.
    assert.ok(this.#loadsOfD <= before + 1, "a value that nothing has invalidated is not served");
    const { hits, stale } = this.#cached.cache.stats();
    this.#tally.steps += this.#step;
    this.#tally.hits += hits;
    this.#tally.stale += stale;
  }

  /** Settles all that is under way, until everybody has an answer. */
  async #rest(): Promise<void> {
    do {
      for (const run of this.#runs) this.#settle(run, false);
      await this.#drain();
    } while (this.#runs.size > 0 || [...this.#unanswered.values()].some((count) => count > 0));
  }

  #act(): void {
    this.#step += 1;
    const key = KEYS[Math.floor(this.#random() * KEYS.length)] as string;
    const draw = this.#random();
    if (draw < 0.5) this.#call(key);
    else if (draw < 0.72) this.#settleOne();
    else if (draw < 0.88) this.#invalidate();
    else if (draw < 0.92) this.#remove([key], () => this.#cached.cache.delete(key));
    else if (draw < 0.94) this.#remove(KEYS, () => this.#cached.cache.clear());
    else if (draw < 0.97) this.#set(key);
    else this.#refresh(key);
  }

  #say(what: string): void {
    this.trace.push(`${this.#step} (${this.#clock.now()}): ${what}`);
  }

  #newValue(key: string, tags: readonly string[]): [string, Value] {
    this.#count += 1;
    const seen = new Map(tags.map((tag) => [tag, this.#versions.get(tag) as number]));
    const value: Value = { key, made: this.#step, tags, seen, createdAt: this.#clock.now() };
    const text = `${key}@${this.#count}`;
    this.#values.set(text, value);
    return [text, value];
  }

  #chosen(hasFunction: boolean): readonly string[] {
    return hasFunction ? TAGS.filter(() => this.#random() < 0.4) : ["all", "red"];
  }

  async #load(key: string, hasFunction: boolean): Promise<unknown> {
    const [text, value] = this.#newValue(key, this.#chosen(hasFunction));
    const all = new Map([...this.#versions].filter(([tag]) => hasFunction || tag === "all" || tag === "red"));
    const run: Run = { value, gate: defer(), all };
    this.#runs.add(run);
    if (key === "d") this.#loadsOfD += 1;
    this.#say(`${text} is loaded, ${value.tags.join()}`);
    if (this.#isEnding) this.#settle(run, false);
    else if (this.#random() < 0.3) this.#settle(run, this.#random() < 0.2);
    await run.gate.promise;
    value.createdAt = this.#clock.now();
    return text;
  }

  #settleOne(): void {
    const [run] = this.#runs;
    if (run !== undefined) this.#settle(run, this.#random() < 0.2);
  }

  #settle(run: Run, fails: boolean): void {
    this.#runs.delete(run);
    this.#say(`a load of ${run.value.key} ${fails ? "fails" : "comes"}`);
    const message = `down ${this.#failures.size}`;
    if (fails) this.#failures.set(message, { key: run.value.key, batch: this.#batch, seen: run.all });
    if (fails) run.gate.reject(new Error(message));
    else run.gate.resolve();
  }

  #call(key: string): void {
    const now = this.#clock.now();
    const floors = new Map(this.#floors);
    const removed = this.#removals.get(key) as number;
    const step = this.#step;
    const batch = this.#batch;
    this.#tally.calls += 1;
    this.#say(`call ${key}`);
    this.#wait(key, 1);
    const called = this.#cached(key).finally(() => this.#wait(key, -1));
    called.then(
      (answer) => this.#judge(() => this.#judgeAnswer(answer, { key, now, floors, removed, step })),
      (error: unknown) => this.#judge(() => this.#judgeError(error, { key, floors, step, batch })),
    );
  }

  #judgeError(
    error: unknown,
    call: { key: string; floors: ReadonlyMap<string, number>; step: number; batch: number },
  ): void {
    this.#tally.errors += 1;
    const failure = this.#failures.get((error as Error).message);
    if (failure === undefined) throw error;
    const what = `the call of ${call.key} in step ${call.step} failed with ${(error as Error).message}`;
    this.#say(what);
    assert.equal(failure.key, call.key, what);
    // A load that fails while it is shared is everybody's.
    if (failure.batch >= call.batch) return;
    for (const [tag, version] of failure.seen) {
      assert.ok(
        version >= (call.floors.get(tag) as number),
        `${what}, which was kept, and ${tag} had been invalidated`,
      );
    }
  }

  #judgeAnswer(
    answer: unknown,
    call: { key: string; now: number; floors: ReadonlyMap<string, number>; removed: number; step: number },
  ): void {
    const value = this.#values.get(answer);
    const what = `the call of ${call.key} in step ${call.step} got ${String(answer)}`;
    this.#say(what);
    assert.ok(value, `${what}, which nobody made`);
    assert.equal(value.key, call.key, what);
    for (const [tag, version] of value.seen) {
      assert.ok(version >= (call.floors.get(tag) as number), `${what}, whose tag ${tag} had been invalidated`);
    }
    assert.ok(value.made >= call.removed, `${what}, which had been removed`);
    assert.ok(call.now < value.createdAt + this.#ttl + this.#grace, `${what}, which was over`);
  }

  #invalidate(): void {
    const tag = TAGS[Math.floor(this.#random() * TAGS.length)] as string;
    const version = (this.#versions.get(tag) as number) + 1;
    this.#versions.set(tag, version);
    this.#say(`invalidate ${tag}`);
    for (const { value } of this.#runs) if (value.seen.has(tag)) this.#tally.overtaken += 1;
    for (const value of this.#values.values()) if (value.seen.get(tag) === version - 1) this.#tally.dropped += 1;
    const done = this.#isOwn ? this.#cached.cache.invalidateTags(tag) : invalidateTags(tag);
    // It holds in this process from now on, before others are told.
    this.#floors.set(tag, version);
    this.#change(async () => void (await done));
  }

  #remove(keys: readonly string[], act: () => unknown): void {
    const step = this.#step;
    this.#say(`remove ${keys.join()}`);
    const done = act();
    this.#change(async () => {
      await done;
      for (const key of keys) this.#removals.set(key, Math.max(step, this.#removals.get(key) as number));
    });
  }

  #set(key: string): void {
    const step = this.#step;
    const [text] = this.#newValue(key, ["all", "red"]);
    this.#say(`set ${text}`);
    const done = this.#cached.cache.set([key], text);
    this.#change(async () => {
      await done;
      this.#removals.set(key, Math.max(step, this.#removals.get(key) as number));
    });
  }

  /** So many more wait for an answer about a key. */
  #wait(key: string, more: number): void {
    this.#unanswered.set(key, (this.#unanswered.get(key) as number) + more);
  }

  #refresh(key: string): void {
    this.#say(`refresh ${key}`);
    const done = this.#cached.cache.refresh(key) as Promise<unknown>;
    // Time does not go on while its store is slow: those who join it would get what is over.
    this.#wait(key, 1);
    const settled = (judge: () => void): void => {
      this.#wait(key, -1);
      this.#judge(judge);
    };
    done.then(
      (answer) => settled(() => assert.ok(this.#values.has(answer))),
      (error: unknown) => settled(() => assert.ok(this.#failures.has((error as Error).message))),
    );
  }

  #change(act: () => Promise<void>): void {
    this.#open += 1;
    act().then(
      () => {
        this.#open -= 1;
      },
      (error: unknown) => this.#wrong.push(error),
    );
  }

  #judge(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#wrong.push(error);
    }
  }

  /** Lets everything run that can. */
  async #drain(): Promise<void> {
    this.#batch += 1;
    await settle();
    const until = performance.now() + 60_000;
    const isLooking = (): boolean =>
      KEYS.some((key) => this.#unanswered.get(key) !== 0 && ![...this.#runs].some(({ value }) => value.key === key));
    const isBusy = (): boolean => this.#open > 0 || (this.#kind.isPersistent && isLooking());
    while (isBusy() && this.#wrong.length === 0 && performance.now() < until) {
      await settle();
    }
    if (this.#wrong.length > 0) throw this.#wrong[0];
    assert.equal(this.#open, 0, "a change that was not carried out");
  }
}
