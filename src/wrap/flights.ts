/** Flights: each looks up a key in a store that answers with promises, and runs the function where it finds nothing fresh. */

import { type Entry, isFresh, THROWN } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { AsyncEntries } from "./async-entries.js";
import { handOver } from "./background.js";
import { Budget } from "./budget.js";
import { argsFor } from "./cancellation.js";
import { beginTask, runTask } from "./cycles.js";
import { givenBy } from "./given.js";
import { Load, PendingLoads } from "./inflight.js";
import { insteadOf, type Outcome } from "./outcome.js";
import type { Call, Plan } from "./plan.js";
import { releaseEntry, releaseShared, retain } from "./retain.js";
import { Backoffs, stageOf } from "./staleness.js";
import { begun } from "./tagging.js";
import { retainError } from "./thrown.js";
import { overtaken } from "./trace.js";
import { Turns } from "./turns.js";

/** What is known of a load besides its call. */
interface Circumstances {
  readonly budget: Budget;
  /** There may be an older value in the store, which must not be served after this one. */
  readonly refresh: boolean;
  /** What was found in the store. */
  readonly entry?: Entry | undefined;
  /** Milliseconds that it took. */
  readonly cost?: number;
}

/** The flights of one cache. */
export class Flights {
  readonly #plan: Plan;
  readonly #entries: AsyncEntries;
  readonly backoffs: Backoffs = new Backoffs();
  readonly #turns: Turns;
  /** Those that calls may join. */
  readonly loads: PendingLoads = new PendingLoads();

  constructor(plan: Plan, entries: AsyncEntries) {
    this.#plan = plan;
    this.#entries = entries;
    this.#turns = new Turns(plan, entries);
  }

  /** What is under way for a key, or for all, may not be stored, and what has failed is tried again. */
  fence(key?: Key): void {
    this.loads.invalidate(key);
    this.backoffs.forget(key);
  }

  /** A call begins a flight of its own. */
  start(call: Call, refresh: boolean): Load {
    const load = begun(this.#plan, new Load(this, call.key), call.namespace);
    beginTask(load, this.#plan.config.name, true);
    load.replaces = refresh;
    // Listed before it starts, since a refresh runs the function at once, which may invalidate the key.
    if (refresh) this.loads.takeOver(load);
    else this.loads.add(load);
    load.promise = this.#fly(load, call, refresh);
    if (refresh && this.#plan.config.loading?.softTimeout !== undefined) void this.#findStale(load);
    return load;
  }

  /** Finds what callers of a refresh are served when it takes too long; it looks up nothing itself. */
  async #findStale(load: Load): Promise<void> {
    const { config } = this.#plan;
    const entry = await this.#entries.read(load.key, new Budget(config.engineTimeout), "peek");
    if (entry !== undefined && (entry.traits & THROWN) === 0 && !isFresh(entry, config.clock)) load.stale = entry;
  }

  async #fly(load: Load, call: Call, refresh: boolean): Promise<Outcome> {
    const { config } = this.#plan;
    const budget = new Budget(config.engineTimeout);
    try {
      const entry = refresh ? undefined : await this.#lookUp(load, budget);
      const found = givenBy(entry, this.#plan, this.#entries.isolates);
      const hasStages = config.loading !== undefined && entry !== undefined && found?.isThrown !== true;
      if (!hasStages && found !== undefined) return outOf(entry, load, found);
      // Whoever changes an argument while the store is asked gets a result for the changed one, which is not this key's.
      if (!refresh && call.isUnchanged?.() === false) load.valid = false;
      const outcome = hasStages ? this.#serve(load, call, entry) : undefined;
      if (outcome !== undefined) return outOf(entry, load, outcome);
      return await this.#loadInTurn(load, call, { budget, refresh, entry });
    } finally {
      this.loads.remove(load);
    }
  }

  /** What is in the store and, where the function is to run before there is an answer, what the store knows of removals. */
  #lookUp(load: Load, budget: Budget): Promise<Entry | undefined> {
    const { config, lookingUp } = this.#plan;
    const ended = lookingUp?.();
    const read = this.#entries.read(load.key, budget).then((entry) => {
      const stage = entry === undefined ? "over" : stageOf(entry, config);
      if (stage !== "over" && stage !== "fallback") return entry;
      return this.#entries.fence(load, budget)?.then(() => entry) ?? entry;
    });
    return ended === undefined ? read : read.finally(ended);
  }

  /** Asks the store what it knows of removals, where that was not done yet; `undefined`: it takes no time. */
  #fenceOff(load: Load, budget: Budget): Promise<void> | undefined {
    if (load.fence !== undefined) return undefined;
    const ended = this.#plan.lookingUp?.();
    const asked = this.#entries.fence(load, budget);
    if (asked === undefined) ended?.();
    return ended === undefined ? asked : asked?.finally(ended);
  }

  /** What an entry gives at once, of which more is to be said than whether it is fresh; `undefined`: a new value is due. */
  #serve(load: Load, call: Call, entry: Entry): Outcome | undefined {
    const { config } = this.#plan;
    const stage = stageOf(entry, config);
    if (stage === "over") return undefined;
    const isBackedOff = stage !== "fresh" && this.backoffs.holds(call.key, config);
    if (stage === "fallback" && !isBackedOff) {
      load.stale = entry;
      return undefined;
    }
    const given = this.#entries.isolates ? { value: entry.value } : releaseEntry(this.#plan, entry);
    if (given === undefined) return undefined;
    const isDue = stage !== "fresh" && stage !== "fallback" && !isBackedOff && !this.#turns.isLeftAlone(call.key);
    if (isDue && load.valid) {
      // The value is there for all who joined; those who come from now on meet the load in the background.
      this.loads.remove(load);
      this.#loadInBackground(call, { ...entry, value: releaseShared(config, given.value) });
    }
    return { value: given.value, hit: true, isStale: stage === "revalidate" || stage === "fallback" };
  }

  /** What there is for a call that waited for a load which has failed, and had not looked itself; `undefined`: nothing. */
  async insteadOfJoined({ valid, stale, replaces, key }: Load): Promise<Outcome | undefined> {
    const { config } = this.#plan;
    if (!valid || (stale !== undefined && !replaces) || !(replaces || config.loading !== undefined)) return undefined;
    const entry = await this.#entries.read(key, new Budget(config.engineTimeout), "peek");
    const stage = entry === undefined ? "over" : stageOf(entry, config);
    if (entry === undefined || stage === "over" || (entry.traits & THROWN) !== 0) return undefined;
    const given = this.#entries.isolates ? { value: entry.value } : releaseEntry(this.#plan, entry);
    const isFallback = stage === "fallback";
    return given && { value: given.value, hit: !isFallback, isStale: isFallback || stage === "revalidate" };
  }

  /** Makes a new value while callers get an older one. */
  #loadInBackground(call: Call, entry: Entry): void {
    const { config, guard } = this.#plan;
    const load = begun(this.#plan, new Load(this, call.key), call.namespace);
    beginTask(load, this.#plan.config.name, false);
    load.stale = entry;
    load.isBackground = true;
    load.join(undefined);
    this.loads.add(load);
    if (!load.valid) return;
    const budget = new Budget(config.engineTimeout);
    const done = this.#loadInTurn(load, call, { budget, refresh: false, entry }).finally(() => this.loads.remove(load));
    load.promise = done;
    // Whoever joins hears of a failure; here it is nobody's any more.
    handOver(
      guard,
      config.loading?.waitUntil,
      done.catch(() => undefined),
    );
  }

  /** Loads when no other process does, where that was asked for, unless one has made a value by then. */
  #loadInTurn(load: Load, call: Call, known: Circumstances): Promise<Outcome> {
    const { lock } = this.#plan.config;
    // Where a value may not be kept, or the store did not answer, there is nothing to wait for.
    if (lock === undefined || known.refresh || !load.valid || known.budget.isSpent)
      return this.#load(load, call, known);
    return this.#turns.take(load, lock, {
      // What was removed until now is not of concern to what is made from now on.
      look: (budget) => {
        load.fence = undefined;
        return this.#lookUp(load, budget);
      },
      give: (entry) => this.#madeFor(load, entry),
      run: (budget = known.budget) => {
        if (call.isUnchanged?.() === false) load.valid = false;
        return this.#load(load, call, { ...known, budget });
      },
    });
  }

  /** What another process has made; `undefined`: nothing, or nothing newer than what is being served meanwhile. */
  #madeFor(load: Load, entry: Entry | undefined): Outcome | undefined {
    const isOlder = load.isBackground && entry !== undefined && stageOf(entry, this.#plan.config) !== "fresh";
    const given = isOlder ? undefined : givenBy(entry, this.#plan, this.#entries.isolates);
    return given && outOf(entry, load, given);
  }

  /** Runs the function and stores its result. Where the function fails, a stale entry may take its place. */
  async #load(load: Load, call: Call, { budget, refresh, entry }: Circumstances): Promise<Outcome> {
    const { config, guard } = this.#plan;
    const { key, args } = call;
    const fencing = this.#fenceOff(load, budget);
    if (fencing !== undefined) {
      await fencing;
      if (call.isUnchanged?.() === false) load.valid = false;
    }
    if (load.abandoned !== undefined) throw load.abandoned.reason;
    // What the store has told of invalidations until now is older than what the function will find.
    begun(this.#plan, load, call.namespace);
    if (guard.hears("onMiss")) guard.tell("onMiss", { name: config.name, key, args });
    const began = performance.now();
    load.began ??= began;
    let value: unknown;
    try {
      value = await this.#run(load, { ...call, args: argsFor(load, call) });
    } catch (error) {
      return await this.#failed(load, call, error, { budget, refresh, entry });
    }
    if (load.valid) this.backoffs.forget(key);
    const cost = performance.now() - began;
    const isOver = entry !== undefined && !isFresh(entry, config.clock);
    // There may be a stale one even where the store did not say so in time.
    const mayReplace = refresh || config.loading !== undefined;
    const kept = await this.#keep(load, call, value, { budget, refresh: mayReplace, cost });
    if (kept && isOver) guard.removed(key, entry, "expired");
    return { value, hit: false };
  }

  /** What comes of a load whose function has failed: a stale value in its place, or the error. */
  async #failed(load: Load, call: Call, error: unknown, { budget, refresh, entry }: Circumstances): Promise<Outcome> {
    const { config, guard } = this.#plan;
    guard.trace?.note("failed", refresh ? "refresh" : "load", call.key);
    if (load.valid) this.backoffs.failed(call.key, config);
    const outcome = refresh ? undefined : insteadOf(load, this.#plan);
    if (outcome !== undefined || load.isBackground) guard.loadFailed(error);
    if (outcome !== undefined) return outcome;
    const isOfUse = entry !== undefined && stageOf(entry, config) !== "over";
    if (!refresh && !isOfUse) await this.#keepError(load, call, error, budget);
    throw error;
  }

  /** Stores a result of the function, if it may be. Whether it is in the store. */
  async #keep(load: Load, call: Call, value: unknown, { budget, refresh, cost }: Circumstances): Promise<boolean> {
    const { key, args, ttl, namespace } = call;
    if (!load.valid) return overtaken(this.#plan, key);
    this.loads.overtake(load);
    const { since } = load;
    const { isolates: isolated } = this.#entries;
    const { config, guard } = this.#plan;
    const result = { key, args, value, awaited: true, ttl, cost, isolated, since, namespace };
    const entry = retain(config, guard, result);
    if (entry !== undefined) load.tagged = entry.tagged;
    const kept = entry !== undefined && (await this.#entries.write(load, entry, budget, refresh));
    // An older value must not outlive a newer one that is not stored.
    if (refresh && entry === undefined && load.valid) await this.#remove(key);
    return kept;
  }

  /** Stores what the function has thrown, if it may be. */
  async #keepError(load: Load, call: Call, error: unknown, budget: Budget): Promise<void> {
    const { key, args, ttl, namespace } = call;
    const { config, guard } = this.#plan;
    if (config.lifetimes?.errors === undefined || !load.valid) return;
    const { isolates: isolated } = this.#entries;
    const { since } = load;
    const result = { key, args, value: error, awaited: true, ttl, isolated, since, namespace };
    const entry = retainError(config, guard, result);
    if (entry !== undefined) await this.#entries.write(load, entry, budget, false);
  }

  async #run(load: Load, { self, args, fn = this.#plan.fn }: Call): Promise<unknown> {
    const { counters, followsTasks: follows } = this.#plan;
    const started = performance.now();
    let succeeded = false;
    try {
      const value: unknown = await runTask(load, follows, () => fn.apply(self, args as unknown[]));
      succeeded = true;
      return value;
    } finally {
      counters.loaded(started, succeeded);
    }
  }

  /** The value of an entry, in an object of its own; `undefined` for none, or none that may be served. */
  give(entry: Entry | undefined): { readonly value: unknown } | undefined {
    const given = givenBy(entry, this.#plan, this.#entries.isolates);
    return given?.isThrown === true ? undefined : given;
  }

  /** Without a fence: a refresh that began later has a newer value to store. */
  async #remove(key: Key): Promise<void> {
    try {
      await this.#entries.discard(key);
    } catch (error) {
      this.#plan.guard.engineFailed("delete", error);
    }
  }
}

/** What an entry gives to all who wait for the flight: it has the entry's tags. */
function outOf(entry: Entry | undefined, load: Load, outcome: Outcome): Outcome {
  load.tagged = entry?.tagged;
  return outcome;
}
