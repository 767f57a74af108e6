/** A cache on a store that answers with promises: one flight a key, which reads, runs the function and writes. */

import type { AsyncStore } from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import { CacheValueError, operationError, ResourceError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { AsyncEntries } from "./async-entries.js";
import { Budget } from "./budget.js";
import { Load, PendingLoads } from "./inflight.js";
import { isShareable, isThenable } from "./one-shot.js";
import type { Call, Plan } from "./plan.js";
import { releaseEntry, releaseShared, retain, retainExplicit } from "./retain.js";

/** How a flight ended. */
interface Outcome {
  readonly value: unknown;
  readonly hit: boolean;
}

/** The entries of one function in a store of an asynchronous engine. */
export class AsyncCache {
  readonly #plan: Plan;
  readonly #entries: AsyncEntries;
  readonly #flights = new PendingLoads();

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.#entries = new AsyncEntries(plan, store);
  }

  /** A call: joins the flight of its key, or is a flight of its own. Rejects with nothing but the function's error. */
  call(call: Call): Promise<unknown> {
    const flight = this.#flights.get(call.key)?.promise as Promise<Outcome> | undefined;
    if (flight !== undefined) return this.#join(flight, call);
    return this.#start(call, false).then(
      (outcome) => {
        this.#count(call, outcome.hit, false);
        return outcome.value;
      },
      (error: unknown) => {
        this.#count(call, false, false);
        throw error;
      },
    );
  }

  async #join(flight: Promise<Outcome>, call: Call): Promise<unknown> {
    let joined = true;
    let hit = false;
    try {
      let outcome = await flight;
      if (!isShareable(outcome.value)) {
        // Only one caller can have that value.
        joined = false;
        outcome = await this.#start(call, false);
      }
      hit = outcome.hit;
      return joined ? releaseShared(this.#plan.config, outcome.value) : outcome.value;
    } finally {
      this.#count(call, hit, joined);
    }
  }

  #count({ key, args }: Call, hit: boolean, joined: boolean): void {
    const { config, counters, guard } = this.#plan;
    if (hit) counters.hits += 1;
    else counters.misses += 1;
    if (!hit && joined) counters.coalesced += 1;
    if (hit && guard.hears("onHit")) guard.tell("onHit", { name: config.name, key, args });
  }

  /** The fresh value of a key, in an object of its own; counted as a hit or a miss. */
  async find(key: Key): Promise<{ readonly value: unknown } | undefined> {
    const { counters } = this.#plan;
    const found = this.#give(await this.#entries.read(key, new Budget(this.#plan.config.engineTimeout)));
    if (found === undefined) counters.misses += 1;
    else counters.hits += 1;
    return found;
  }

  /** Runs the function and puts its result in the place of what is cached; earlier flights may not store theirs then. */
  async refresh(call: Call): Promise<unknown> {
    this.#plan.counters.misses += 1;
    return (await this.#start(call, true)).value;
  }

  /** Whether there is a fresh entry. Not counted. */
  async has(key: Key): Promise<boolean> {
    const entry = await this.#entries.read(key, new Budget(this.#plan.config.engineTimeout), "peek");
    return entry !== undefined && isFresh(entry, this.#plan.config.clock);
  }

  /** The fresh value; `undefined` also when there is none. Not counted. */
  async peek(key: Key): Promise<unknown> {
    return this.#give(await this.#entries.read(key, new Budget(this.#plan.config.engineTimeout), "peek"))?.value;
  }

  /**
   * Stores a value, or what a promise will be fulfilled with; calls meanwhile share that. A later removal wins.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when it is not certain that it is.
   */
  async set(call: Call, promised: unknown): Promise<void> {
    const { key, args, ttl } = call;
    const { config } = this.#plan;
    const load = new Load(this, key);
    this.#flights.invalidate(key);
    // A flight that calls can join, until the store has the value.
    this.#flights.add(load);
    if (!load.valid) throw operationError(config.name, "set", new ResourceError("Too many loads are under way."));
    try {
      const value = isThenable(promised) ? await this.#expect(load, promised) : promised;
      const { isolates: isolated } = this.#entries;
      const entry = load.valid ? retainExplicit(config, { key, args, value, awaited: true, ttl, isolated }) : undefined;
      if (!load.valid) return;
      load.promise = Promise.resolve({ value, hit: false });
      if (entry === undefined) await this.delete(key);
      // As a load of its own, which a refresh that begins meanwhile, and may fail, does not invalidate.
      else if (!(await this.#carryOut("set", this.#entries.put(new Load(this, key), entry)))) {
        throw new CacheValueError(`The value is larger than the whole cache "${config.name}" may be.`);
      }
    } finally {
      this.#flights.remove(load);
    }
  }

  async #expect(load: Load, promised: PromiseLike<unknown>): Promise<unknown> {
    const outcome = Promise.resolve(promised).then((value): Outcome => ({ value, hit: false }));
    load.promise = outcome;
    return (await outcome).value;
  }

  /**
   * Removes an entry, and takes from flights the right to put it back; whether there was one.
   *
   * @throws CacheOperationError when it is not certain that it is gone; it is not served by this process then.
   */
  async delete(key: Key): Promise<boolean> {
    this.#flights.invalidate(key);
    return this.#carryOut("delete", this.#entries.remove(key));
  }

  /**
   * Removes everything, and takes from flights the right to put anything back.
   *
   * @throws CacheOperationError when it is not certain that all is gone; it is not served by this process then.
   */
  async clear(): Promise<void> {
    this.#flights.invalidate();
    await this.#carryOut("clear", this.#entries.removeAll());
  }

  /** Gives the store back; flights end, and store nothing. */
  async close(): Promise<void> {
    this.#flights.invalidate();
    await this.#carryOut("close", this.#entries.close());
  }

  #start(call: Call, refresh: boolean): Promise<Outcome> {
    const load = new Load(this, call.key);
    // Listed before it starts, since a refresh runs the function at once, which may invalidate the key.
    if (refresh) this.#flights.takeOver(load);
    else this.#flights.add(load);
    const flight = this.#fly(load, call, refresh);
    load.promise = flight;
    return flight;
  }

  async #fly(load: Load, call: Call, refresh: boolean): Promise<Outcome> {
    const { config, guard } = this.#plan;
    const { key, args } = call;
    const budget = new Budget(this.#plan.config.engineTimeout);
    try {
      const entry = refresh ? undefined : await this.#entries.read(key, budget);
      const found = this.#give(entry);
      if (found !== undefined) return { value: found.value, hit: true };
      const expired = entry !== undefined && !isFresh(entry, config.clock);
      // Whoever changes an argument while the store is asked gets a result for the changed one, which is not this key's.
      if (!refresh && call.isUnchanged?.() === false) load.valid = false;
      if (guard.hears("onMiss")) guard.tell("onMiss", { name: config.name, key, args });
      const value = await this.#run(call);
      const kept = await this.#keep(load, call, value, budget, refresh);
      if (kept && expired) guard.removed(key, entry, "expired");
      return { value, hit: false };
    } finally {
      this.#flights.remove(load);
    }
  }

  /** Stores a result of the function, if it may be. Whether it is in the store. */
  async #keep(load: Load, call: Call, value: unknown, budget: Budget, refresh: boolean): Promise<boolean> {
    const { key, args, ttl } = call;
    if (!load.valid) return false;
    this.#flights.overtake(load);
    const { isolates: isolated } = this.#entries;
    const entry = retain(this.#plan.config, this.#plan.guard, { key, args, value, awaited: true, ttl, isolated });
    const kept = entry !== undefined && (await this.#entries.write(load, entry, budget, refresh));
    // An older value must not outlive a newer one that is not stored.
    if (refresh && entry === undefined && load.valid) await this.delete(key).catch(() => undefined);
    return kept;
  }

  async #run({ self, args, fn = this.#plan.fn }: Call): Promise<unknown> {
    const { counters } = this.#plan;
    const started = performance.now();
    let succeeded = false;
    try {
      const value: unknown = await fn.apply(self, args as unknown[]);
      succeeded = true;
      return value;
    } finally {
      counters.loaded(started, succeeded);
    }
  }

  /** What an entry gives, in an object of its own; `undefined` for none, or none that may be served. */
  #give(entry: Entry | undefined): { readonly value: unknown } | undefined {
    if (entry === undefined || !isFresh(entry, this.#plan.config.clock)) return undefined;
    return this.#entries.isolates ? { value: entry.value } : releaseEntry(this.#plan, entry);
  }

  async #carryOut<T>(operation: string, done: Promise<T>): Promise<T> {
    try {
      return await done;
    } catch (cause) {
      const { config, guard } = this.#plan;
      if (cause instanceof CacheValueError) throw cause;
      guard.engineFailed(operation, cause);
      throw operationError(config.name, operation, cause);
    }
  }
}
