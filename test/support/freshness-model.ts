/**
 * A cached function under random calls, changes, failures and steps of time, with random options about freshness, beside
 * an oracle that knows the rules alone and nothing of how they are kept.
 *
 * The driver acts in batches. Nothing else runs while a batch is made; after it everything runs that can run, until all
 * that is left waits for loads which the driver has not settled. Of a batch with one action for a key the oracle knows
 * exactly what has to happen. Of others it knows what may: the actions are concurrent where a store answers with promises.
 */

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { createFakeClock } from "../../src/testing/index.js";
import { type Deferred, defer, settle } from "./deferred.js";
import type { Cached, Kind } from "./every-kind.js";

const KEYS = ["a", "b", "c", "d"];
const FOREVER = Number.POSITIVE_INFINITY;

/** The options of a run, in plain numbers. */
interface Rules {
  readonly ttl: number | ((value: unknown) => number);
  readonly revalidate: number | undefined;
  readonly onError: number | undefined;
  readonly backoff: number | undefined;
  readonly refreshAhead: number | undefined;
  readonly jitter: number | undefined;
  readonly negativeTtl: number | undefined;
}

/** A value, with what becomes of it in the store. */
interface Value {
  readonly key: string;
  readonly text: string;
  /** The step in which what made it began. */
  readonly began: number;
  /** Its place among the values of its key that were stored, and the times of that; `undefined`: it never was. */
  stored?: number;
  createdAt: number;
  end: number;
  /** The end of all use of it. */
  limit: number;
}

type Stage = "fresh" | "ahead" | "revalidate" | "fallback" | "over";

/** A call of the function, or a refresh. */
interface Call {
  readonly key: string;
  readonly step: number;
  readonly time: number;
  readonly isRefresh: boolean;
  /** Values that began before this are gone. */
  readonly floor: number;
  /** Values that were stored before this one have been replaced. */
  readonly newest: number;
  readonly generation: number;
  /** What it has to give at once. */
  readonly expected: Value | undefined;
  /** What it has to give, if nothing newer can be had. */
  readonly entry: Value | undefined;
  /** How many loads it has to start; `undefined`: that is not certain. */
  readonly starts: number | undefined;
  loads: number;
  answered: boolean;
  got: string | undefined;
  /** The oracle knows what it has to come to: nothing else was done with the key at the same time, or order is all. */
  isCertain: boolean;
}

/** A run of the function. */
interface Run {
  readonly key: string;
  readonly call: Call;
  readonly value: Value;
  readonly error: Error;
  readonly gate: Deferred<void>;
  /** Since when it may not be stored. */
  invalidAt: number | undefined;
  /** The step in which the driver settled it; `undefined`: it has not. */
  settledAt: number | undefined;
  /** The last step of the batch in which it was settled. */
  doneAt: number | undefined;
  failed: boolean;
}

/** What the oracle knows of a key. */
interface State {
  entry: Value | undefined;
  runs: Run[];
  floor: number;
  stored: number;
  generation: number;
  notBefore: number;
  /** Actions of this batch. */
  touches: number;
}

/** What a run has come to: how often each of the sharp rules had something to say, so that none of them is idle. */
export interface Tally {
  steps: number;
  calls: number;
  hits: number;
  stale: number;
  exactHits: number;
  exactRuns: number;
  fallbacks: number;
  backoffs: number;
  errors: number;
}

export function emptyTally(): Tally {
  return { steps: 0, calls: 0, hits: 0, stale: 0, exactHits: 0, exactRuns: 0, fallbacks: 0, backoffs: 0, errors: 0 };
}

/** Random options. All numbers are such that sums and products of them are exact. */
function chooseRules(random: () => number): Rules {
  const maybe = <T>(chance: number, value: T): T | undefined => (random() < chance ? value : undefined);
  const one = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return {
    ttl: one<Rules["ttl"]>(64, 128, 1024, (value) =>
      numberOf(value) % 7 === 0 ? 0 : 32 * (1 + (numberOf(value) % 5)),
    ),
    revalidate: maybe(0.5, one(16, 64, 512)),
    onError: maybe(0.6, one(32, 128, 1024)),
    backoff: maybe(0.7, one(0, 8, 64, 256)),
    refreshAhead: maybe(0.4, one(0.25, 0.5, 0.75)),
    jitter: maybe(0.3, one(0.25, 0.5)),
    negativeTtl: maybe(0.3, one(0, 8, 256)),
  };
}

function optionsOf({ ttl, revalidate, onError, backoff, refreshAhead, jitter, negativeTtl }: Rules): object {
  return {
    ttl,
    ...(revalidate !== undefined && { staleWhileRevalidate: revalidate }),
    ...(onError !== undefined && { staleIfError: backoff === undefined ? onError : { for: onError, backoff } }),
    ...(refreshAhead !== undefined && { refreshAhead }),
    ...(jitter !== undefined && { jitter }),
    ...(negativeTtl !== undefined && { negativeTtl: { ttl: negativeTtl, when: isNegative } }),
  };
}

function numberOf(value: unknown): number {
  return Number(String(value).slice(String(value).indexOf("@") + 1));
}

function isNegative(value: unknown): boolean {
  return numberOf(value) % 4 === 1;
}

/** One run of random steps; throws at the first thing that is wrong. What it has come to is added to the tally. */
export async function runFreshness(kind: Kind, random: () => number, steps: number, tally: Tally): Promise<void> {
  const driver = new Driver(kind, random, tally);
  const { random: chance } = Math;
  Math.random = () => driver.draw;
  try {
    await driver.run(steps);
  } catch (error) {
    // What went before is needed to understand it.
    const trace = `${kind.name}, ${JSON.stringify(optionsOf(driver.rules))}\n${driver.trace.slice(-40).join("\n")}`;
    throw new Error(`${(error as Error).message}\n${trace}`, { cause: error });
  } finally {
    Math.random = chance;
    await driver.close();
  }
}

class Driver {
  readonly rules: Rules;
  readonly trace: string[] = [];
  /** What `Math.random` gives. */
  draw = 0;
  readonly #kind: Kind;
  readonly #random: () => number;
  readonly #tally: Tally;
  readonly #clock = createFakeClock();
  readonly #states = new Map<string, State>();
  readonly #values = new Map<unknown, Value>();
  readonly #errors = new Map<unknown, Run>();
  readonly #cached: Cached;
  readonly #caller = new AsyncLocalStorage<Call>();
  #callNow: Call | undefined;
  readonly #settling: Run[] = [];
  #calls: Call[] = [];
  /** Changes and work in the background that the cache has not acknowledged. */
  #open = 0;
  readonly #background = new Set<Call>();
  readonly #checks: (() => void)[] = [];
  readonly #wrong: unknown[] = [];
  #step = 0;
  /** The last step of the batch before this one. */
  #before = 0;
  #runs = 0;
  #callCount = 0;

  constructor(kind: Kind, random: () => number, tally: Tally) {
    this.#kind = kind;
    this.#random = random;
    this.#tally = tally;
    this.rules = chooseRules(random);
    for (const key of [...KEYS, "warm"]) {
      this.#states.set(key, {
        entry: undefined,
        runs: [],
        floor: 0,
        stored: 0,
        generation: 0,
        notBefore: 0,
        touches: 0,
      });
    }
    this.#cached = kind.cached((key) => this.#load(key), {
      ...optionsOf(this.rules),
      clock: this.#clock,
      waitUntil: (work) => this.#inBackground(work),
    });
  }

  async close(): Promise<void> {
    for (const run of this.#unsettled()) run.gate.resolve();
    await settle();
    await this.#cached.cache.close();
    this.#caller.disable();
  }

  async run(steps: number): Promise<void> {
    this.#call("warm");
    await this.#drain();
    while (this.#step < steps) {
      // Half of the batches are a single action, after which all is certain.
      const size = this.#random() < 0.5 ? 1 : 2 + Math.floor(this.#random() * 5);
      this.draw = Math.floor(this.#random() * 4) / 4;
      for (let i = 0; i < size; i += 1) this.#act();
      await this.#drain();
      if (this.#random() < 0.4) this.#advance();
    }
    while (this.#unsettled().length > 0) {
      for (const run of this.#unsettled()) this.#settle(run, false);
      await this.#drain();
    }
    const stats = this.#cached.cache.stats();
    assert.equal(this.#calls.length, 0, "a call without an answer");
    assert.equal(stats.hits + stats.misses, this.#callCount, "hits and misses are not the calls");
    this.#tally.steps += this.#step;
    this.#tally.calls += this.#callCount;
    this.#tally.hits += stats.hits;
    this.#tally.stale += stats.stale;
  }

  #say(what: string): void {
    this.trace.push(`${this.#step} at ${this.#clock.now() - 1_000_000}: ${what}`);
    if (this.trace.length > 200) this.trace.splice(0, 100);
  }

  #state(key: string): State {
    return this.#states.get(key) as State;
  }

  #unsettled(): Run[] {
    return [...this.#states.values()].flatMap(({ runs }) => runs.filter(({ settledAt }) => settledAt === undefined));
  }

  #act(): void {
    this.#step += 1;
    const dice = this.#random();
    const key = KEYS[Math.floor(this.#random() ** 2 * KEYS.length)] as string;
    if (dice < 0.55) this.#call(key);
    else if (dice < 0.75) {
      const runs = this.#unsettled();
      const run = runs[Math.floor(this.#random() * runs.length)];
      if (run !== undefined) this.#settle(run, this.#random() < 0.4);
    } else if (dice < 0.8) this.#refresh(key);
    else if (dice < 0.85) this.#look(key);
    else if (dice < 0.89) this.#set(key);
    else if (dice < 0.94) this.#expire(key);
    else if (dice < 0.98) this.#delete(key);
    else this.#clear();
  }

  /** Time goes on, often to a moment at which something ends, or just before. */
  #advance(): void {
    const now = this.#clock.now();
    const { entry, notBefore } = this.#state(KEYS[Math.floor(this.#random() * KEYS.length)] as string);
    const { revalidate = 0, onError = 0, refreshAhead = 1 } = this.rules;
    const moments = [notBefore];
    if (entry !== undefined && entry.end !== FOREVER) {
      const { createdAt, end, limit } = entry;
      moments.push(createdAt + refreshAhead * (end - createdAt), end, end + revalidate, end + onError, limit);
    }
    const ahead = moments.flatMap((moment) => [moment, moment - 1]).filter((moment) => moment > now);
    const target = ahead[Math.floor(this.#random() * ahead.length)];
    const passed = target === undefined || this.#random() < 0.4 ? Math.floor(this.#random() * 100) : target - now;
    this.#clock.advance(passed);
    this.#say(`${passed} later`);
  }

  // What the rules say.

  #stage({ createdAt, end, limit }: Value): Stage {
    const now = this.#clock.now();
    const { refreshAhead, revalidate = 0, onError = 0 } = this.rules;
    if (now < end)
      return refreshAhead !== undefined && now >= createdAt + refreshAhead * (end - createdAt) ? "ahead" : "fresh";
    if (now >= limit) return "over";
    if (now < end + revalidate) return "revalidate";
    return now < end + onError ? "fallback" : "over";
  }

  get #window(): number {
    return Math.max(this.rules.revalidate ?? 0, this.rules.onError ?? 0);
  }

  get #hasWindow(): boolean {
    return this.rules.revalidate !== undefined || this.rules.onError !== undefined;
  }

  /** A value is stored now: an exact moment, since time stands still in a batch. */
  #store(state: State, value: Value): void {
    const { ttl, negativeTtl, jitter = 0 } = this.rules;
    const isOther = negativeTtl !== undefined && isNegative(value.text);
    const said = isOther ? negativeTtl : typeof ttl === "number" ? ttl : ttl(value.text);
    const life = said * (1 - jitter * this.draw);
    state.stored += 1;
    state.generation += 1;
    value.stored = state.stored;
    value.createdAt = this.#clock.now();
    value.end = value.createdAt + life;
    value.limit = value.end + this.#window;
    state.entry = life > 0 ? value : undefined;
    if (life > 0) return;
    value.end = Number.NEGATIVE_INFINITY;
    value.limit = Number.NEGATIVE_INFINITY;
  }

  /** From now on no load under way may be stored, and what has failed may be tried. */
  #fence(key: string): State {
    const state = this.#state(key);
    for (const run of state.runs) run.invalidAt ??= this.#step;
    state.generation += 1;
    state.notBefore = 0;
    return state;
  }

  // What the driver does.

  #newValue(key: string, began: number): Value {
    this.#runs += 1;
    const none = Number.NEGATIVE_INFINITY;
    const value: Value = { key, text: `${key}@${this.#runs}`, began, createdAt: none, end: none, limit: none };
    this.#values.set(value.text, value);
    return value;
  }

  async #load(key: string): Promise<unknown> {
    const call = this.#callNow ?? this.#caller.getStore();
    if (call === undefined) throw new Error("The function ran, and nobody has called it.");
    const state = this.#state(key);
    this.#demand(call.key === key, `${call.key} was called, and ${key} is loaded`);
    call.loads += 1;
    const value = this.#newValue(key, call.step);
    const run: Run = {
      key,
      call,
      value,
      error: new Error(`down ${value.text}`),
      gate: defer(),
      invalidAt: undefined,
      settledAt: undefined,
      doneAt: undefined,
      failed: false,
    };
    // An invalidation that came after the call fences its load, though the function runs only now.
    if (state.floor > call.step || this.#fencedAt(key) > call.step) run.invalidAt = this.#fencedAt(key);
    if (!call.isRefresh) {
      const other = state.runs.find(
        (one) =>
          one.settledAt === undefined &&
          one.invalidAt === undefined &&
          !(one.call.isRefresh && one.call.step > call.step),
      );
      this.#demand(
        other === undefined || run.invalidAt !== undefined,
        `a second load of ${key}: ${value.text} beside ${other?.value.text}`,
      );
    }
    state.runs.push(run);
    this.#errors.set(run.error, run);
    this.#say(`${value.text} is loaded for step ${call.step}`);
    if (key === "warm" || this.#random() < 0.3) this.#settle(run, key !== "warm" && this.#random() < 0.4);
    await run.gate.promise;
    return value.text;
  }

  readonly #fences = new Map<string, number>();
  #fencedAt(key: string): number {
    return this.#fences.get(key) ?? 0;
  }

  #settle(run: Run, fails: boolean): void {
    this.#say(`${run.value.text} ${fails ? "fails" : "comes"}`);
    run.settledAt = this.#step;
    run.failed = fails;
    this.#settling.push(run);
    if (fails) run.gate.reject(run.error);
    else run.gate.resolve();
  }

  #call(key: string): void {
    const state = this.#state(key);
    state.touches += 1;
    const stage = state.entry === undefined ? "over" : this.#stage(state.entry);
    const pending = state.runs.filter(({ invalidAt }) => invalidAt === undefined);
    const isBackedOff = this.#clock.now() < state.notBefore;
    // Where the store answers with promises, a call joins what is under way before it looks: a refresh, a load that others
    // wait for, one that began while the key was being changed.
    const waits =
      this.#kind.isAsync && pending.some(({ call }) => call.isRefresh || !call.isCertain || stage === "fallback");
    const isServed = stage !== "over" && (stage !== "fallback" || isBackedOff);
    const needsLoad = stage !== "fresh" && !(stage !== "over" && isBackedOff);
    if (stage !== "over" && stage !== "fresh" && isBackedOff) this.#tally.backoffs += 1;
    const call: Call = {
      key,
      step: this.#step,
      time: this.#clock.now(),
      isRefresh: false,
      floor: state.floor,
      newest: state.stored,
      generation: state.generation,
      expected: isServed && !waits ? state.entry : undefined,
      entry: state.entry,
      starts: needsLoad && pending.length === 0 ? 1 : 0,
      loads: 0,
      answered: false,
      got: undefined,
      isCertain: false,
    };
    this.#say(`call ${key}, ${stage}${isBackedOff ? ", backed off" : ""}`);
    this.#follow(call, () => this.#cached(key));
  }

  #refresh(key: string): void {
    const state = this.#state(key);
    state.touches += 1;
    const call: Call = {
      key,
      step: this.#step,
      time: this.#clock.now(),
      isRefresh: true,
      floor: state.floor,
      newest: state.stored,
      generation: state.generation,
      expected: undefined,
      entry: undefined,
      starts: 1,
      loads: 0,
      answered: false,
      got: undefined,
      isCertain: false,
    };
    this.#say(`refresh ${key}`);
    this.#follow(call, () => this.#cached.cache.refresh(key) as Promise<unknown>);
  }

  #follow(call: Call, act: () => Promise<unknown>): void {
    this.#callCount += 1;
    this.#calls.push(call);
    let answer: Promise<unknown>;
    if (this.#kind.isAsync) answer = this.#caller.run(call, act);
    else {
      this.#callNow = call;
      answer = act();
      this.#callNow = undefined;
    }
    answer.then(
      (value) => this.#judge(() => this.#came(call, value)),
      (error: unknown) => this.#judge(() => this.#failed(call, error)),
    );
    this.#checks.push(() => this.#judgeCall(call));
  }

  /** After the batch: what had to happen at once. */
  #judgeCall(call: Call): void {
    call.isCertain = !this.#kind.isAsync || this.#state(call.key).touches === 1;
    if (!call.isCertain || this.#kind.isPersistent) return;
    const { expected, starts } = call;
    if (expected !== undefined) {
      assert.ok(call.answered, `step ${call.step} has no answer, and ${expected.text} is there`);
      assert.equal(call.got, expected.text, `step ${call.step} got ${call.got}, and ${expected.text} is there`);
      this.#tally.exactHits += 1;
    }
    if (starts === undefined) return;
    assert.equal(call.loads, starts, `step ${call.step} started ${call.loads} loads`);
    this.#tally.exactRuns += 1;
  }

  #came(call: Call, answer: unknown): void {
    call.answered = true;
    const value = this.#values.get(answer);
    assert.ok(value, `step ${call.step} got ${String(answer)}, which nobody made`);
    call.got = value.text;
    const what = `step ${call.step} got ${value.text}`;
    this.#say(what);
    assert.equal(value.key, call.key, `${what}, another key's`);
    assert.ok(value.began >= call.floor, `${what}, which had been removed in step ${call.floor}`);
    const { stored } = value;
    if (call.isRefresh) {
      assert.equal(value.began, call.step, `${what}, which it has not made`);
      return;
    }
    if (stored !== undefined && stored <= call.newest) {
      assert.equal(stored, call.newest, `${what}, which had been replaced`);
      // What is served in the place of a load that failed must be there still.
      const { floor } = this.#state(call.key);
      assert.ok(call.step > this.#before || value.began >= floor, `${what}, which was removed in step ${floor}`);
      const { revalidate = 0, onError = 0 } = this.rules;
      const { end, limit } = value;
      const now = this.#kind.isPersistent ? call.time : this.#clock.now();
      const isServable = call.time < limit && call.time < end + revalidate;
      const isFallback = now < limit && now < end + onError;
      assert.ok(call.time < end || isServable || isFallback, `${what}, which was over`);
      if (!isServable && call.time >= end) this.#tally.fallbacks += 1;
    }
  }

  #failed(call: Call, error: unknown): void {
    call.answered = true;
    const run = this.#errors.get(error);
    if (run === undefined) throw error;
    const what = `step ${call.step} failed with ${run.value.text}`;
    this.#say(what);
    this.#tally.errors += 1;
    assert.equal(run.key, call.key, `${what}, another key's`);
    assert.ok(run.failed && run.settledAt !== undefined, `${what}, which has not failed`);
    assert.ok((run.doneAt ?? call.step) >= call.step, `${what}, which was over before`);
    assert.ok(
      run.invalidAt === undefined || run.invalidAt > call.step || run.call === call,
      `${what}, which it may not join`,
    );
    if (call.isRefresh) {
      assert.equal(run.call, call, `${what}, which it has not made`);
      return;
    }
    // Judged after the batch, when it is known whether another load has overtaken this one.
    this.#checks.push(() => this.#judge(() => this.#judgeFailure(call, run, what)));
  }

  #judgeFailure(call: Call, run: Run, what: string): void {
    const { entry, generation } = this.#state(call.key);
    const isAsItWas = generation === call.generation && entry === call.entry && run.invalidAt === undefined;
    if (!call.isCertain || !isAsItWas || entry === undefined || this.#kind.isPersistent) return;
    const now = this.#clock.now();
    const mayServe = now < entry.end || now < Math.min(entry.limit, entry.end + (this.rules.onError ?? 0));
    assert.ok(!mayServe, `${what}, and ${entry.text} could have been served`);
  }

  /** `has` and `peek`. */
  #look(key: string): void {
    const state = this.#state(key);
    state.touches += 1;
    const { entry } = state;
    const fresh = entry !== undefined && this.#clock.now() < entry.end ? entry.text : undefined;
    const { cache } = this.#cached;
    const certain = (): boolean => !this.#kind.isPersistent && (!this.#kind.isAsync || state.touches === 1);
    this.#change("look", async () => {
      const [has, peeked] = await Promise.all([cache.has(key), cache.peek(key)]);
      if (!certain()) return;
      assert.equal(peeked, fresh, `peek of ${key}`);
      assert.equal(has, fresh !== undefined, `has of ${key}`);
    });
  }

  #set(key: string): void {
    const state = this.#fence(key);
    state.touches += 1;
    this.#fences.set(key, this.#step);
    const value = this.#newValue(key, this.#step);
    this.#store(state, value);
    this.#change(`set ${value.text}`, async () => {
      await this.#cached.cache.set([key], value.text);
      state.floor = Math.max(state.floor, value.began);
    });
    if (!this.#kind.isAsync) state.floor = this.#step;
  }

  #expire(key: string): void {
    const state = this.#fence(key);
    state.touches += 1;
    const step = this.#step;
    this.#fences.set(key, step);
    const { entry } = state;
    if (entry === undefined || !this.#hasWindow) state.entry = undefined;
    else {
      const now = this.#clock.now();
      entry.limit = entry.end === FOREVER ? now + this.#window : entry.limit;
      entry.end = Math.min(entry.end, now);
    }
    const removes = !this.#hasWindow;
    if (removes && !this.#kind.isAsync) state.floor = step;
    this.#change(`expire ${key}`, async () => {
      await this.#cached.cache.expire(key);
      if (removes) state.floor = Math.max(state.floor, step);
    });
  }

  #remove(keys: readonly string[], act: () => unknown): void {
    const step = this.#step;
    const states = keys.map((key) => {
      const state = this.#fence(key);
      this.#fences.set(key, step);
      state.touches += 1;
      state.entry = undefined;
      if (!this.#kind.isAsync) state.floor = step;
      return state;
    });
    this.#change(keys.length > 1 ? "clear" : `delete ${keys[0]}`, async () => {
      await act();
      for (const state of states) state.floor = Math.max(state.floor, step);
    });
  }

  #delete(key: string): void {
    this.#remove([key], () => this.#cached.cache.delete(key));
  }

  #clear(): void {
    this.#remove([...this.#states.keys()], () => this.#cached.cache.clear());
  }

  /** Work in the background has to be done, too, unless it waits for a load. */
  #inBackground(work: Promise<void>): void {
    const call = this.#callNow ?? this.#caller.getStore();
    if (call === undefined) throw new Error("There is work in the background for nobody.");
    this.#background.add(call);
    work.then(() => this.#background.delete(call));
  }

  /** Something that has to be done before the next batch. */
  #change(what: string, act: () => Promise<void>): void {
    this.#say(what);
    this.#open += 1;
    act().then(
      () => {
        this.#open -= 1;
      },
      (error: unknown) => this.#wrong.push(error),
    );
  }

  #demand(holds: boolean, what: string): void {
    this.#judge(() => assert.ok(holds, what));
  }

  #judge(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#wrong.push(error);
    }
  }

  /** Whether a call waits for a load that the driver has not settled. */
  #isHeldUp({ key, step }: Call): boolean {
    return this.#state(key).runs.some(
      ({ settledAt, call, invalidAt }) =>
        settledAt === undefined &&
        !this.#isOvertaken(key, call.step, step) &&
        call.step <= step &&
        (invalidAt === undefined || invalidAt > step || call.step === step),
    );
  }

  /** Whether a load that was begun for a call has not been settled. */
  #runsOf(call: Call): boolean {
    return this.#state(call.key).runs.some((run) => run.call === call && run.settledAt === undefined);
  }

  /** Whether a load of this batch, which has come to something, has taken the place of one for a later call. */
  #isOvertaken(key: string, began: number, called: number): boolean {
    return this.#settling.some(
      ({ key: of, failed, invalidAt, call: { step } }) =>
        of === key && !failed && invalidAt === undefined && step > began && step <= called,
    );
  }

  /** Lets everything run, and takes down what has come of it. */
  async #drain(): Promise<void> {
    await settle();
    if (this.#kind.isPersistent) await this.#drainDisk();
    for (const run of this.#settling.splice(0)) this.#settled(run);
    for (const check of this.#checks.splice(0)) this.#judge(check);
    this.#calls = this.#calls.filter(({ answered }) => !answered);
    for (const state of this.#states.values()) state.touches = 0;
    this.#before = this.#step;
    if (this.#wrong.length > 0) throw this.#wrong[0];
    assert.equal(this.#open, 0, "a change that was not carried out");
    for (const call of this.#calls) assert.ok(this.#isHeldUp(call), `step ${call.step} waits for nothing`);
  }

  async #drainDisk(): Promise<void> {
    const until = performance.now() + 60_000;
    const isBusy = (): boolean =>
      this.#open > 0 ||
      [...this.#background].some((call) => !this.#runsOf(call)) ||
      this.#calls.some((call) => !call.answered && !this.#isHeldUp(call)) ||
      this.#wrong.length > 0;
    while (isBusy() && this.#wrong.length === 0 && performance.now() < until) await settle();
  }

  /** What a load has come to, in the oracle's books. */
  #settled(run: Run): void {
    const state = this.#state(run.key);
    state.runs = state.runs.filter((one) => one !== run);
    run.doneAt = this.#step;
    if (run.invalidAt !== undefined) return;
    if (run.failed) {
      const { backoff = 1_000, onError, refreshAhead, revalidate } = this.rules;
      const isOf = onError !== undefined || revalidate !== undefined || refreshAhead !== undefined;
      const length = onError === undefined ? 1_000 : backoff;
      if (isOf && length > 0) state.notBefore = this.#clock.now() + length;
      return;
    }
    state.notBefore = 0;
    this.#store(state, run.value);
    for (const one of state.runs) if (one.call.step < run.call.step) one.invalidAt = this.#step;
  }
}
