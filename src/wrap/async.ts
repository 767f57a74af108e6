/** A cache on a store that answers with promises: one flight a key, which reads, runs the function and writes. */

import type { AsyncStore } from "../contract/index.js";
import { CacheValueError, operationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { AsyncEntries } from "./async-entries.js";
import { Budget } from "./budget.js";
import { Load, PendingLoads } from "./inflight.js";
import { isShareable } from "./one-shot.js";
import type { Call, Plan } from "./plan.js";
import { release, releaseShared, retain, retainExplicit } from "./retain.js";

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
  async call(call: Call): Promise<unknown> {
    const { config, counters, guard } = this.#plan;
    const flight = this.#flights.get(call.key)?.promise as Promise<Outcome> | undefined;
    let joined = flight !== undefined;
    let hit = false;
    try {
      let outcome = await (flight ?? this.#start(call, false));
      if (joined && !isShareable(outcome.value)) {
        // Only one caller can have that value.
        joined = false;
        outcome = await this.#start(call, false);
      }
      hit = outcome.hit;
      return joined ? releaseShared(config, outcome.value) : outcome.value;
    } finally {
      if (hit) counters.hits += 1;
      else counters.misses += 1;
      if (!hit && joined) counters.coalesced += 1;
      if (hit && guard.hears("onHit")) guard.tell("onHit", { name: config.name, key: call.key, args: call.args });
    }
  }

  /** The fresh value of a key, in an object of its own; counted as a hit or a miss. */
  async find(key: Key): Promise<{ readonly value: unknown } | undefined> {
    const { config, counters } = this.#plan;
    const entry = await this.#entries.read(key, new Budget());
    if (entry === undefined) counters.misses += 1;
    else counters.hits += 1;
    return entry && { value: release(config, entry.value) };
  }

  /** Runs the function and puts its result in the place of what is cached; earlier flights lose their right to store. */
  async refresh(call: Call): Promise<unknown> {
    this.#fence(call.key);
    this.#plan.counters.misses += 1;
    return (await this.#start(call, true)).value;
  }

  /** Whether there is a fresh entry. Not counted. */
  async has(key: Key): Promise<boolean> {
    return (await this.#entries.read(key, new Budget(), "peek")) !== undefined;
  }

  /** The fresh value; `undefined` also when there is none. Not counted. */
  async peek(key: Key): Promise<unknown> {
    const entry = await this.#entries.read(key, new Budget(), "peek");
    return entry === undefined ? undefined : release(this.#plan.config, entry.value);
  }

  /**
   * Stores a value, or what a promise is fulfilled with.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when it is not certain that it is.
   */
  async set(call: Call, promised: unknown): Promise<void> {
    const { key, args, ttl } = call;
    const value = await promised;
    this.#fence(key);
    const entry = retainExplicit(this.#plan.config, { key, args, value, awaited: true, ttl });
    if (entry === undefined) await this.delete(key);
    else if (!(await this.#carryOut("set", this.#entries.put(new Load(this, key), entry)))) {
      throw new CacheValueError(`The value is larger than the whole cache "${this.#plan.config.name}" may be.`);
    }
  }

  /**
   * Removes an entry, and takes from flights the right to put it back; whether there was one.
   *
   * @throws CacheOperationError when it is not certain that it is gone; it is not served by this process then.
   */
  async delete(key: Key): Promise<boolean> {
    this.#fence(key);
    return this.#carryOut("delete", this.#entries.remove(key));
  }

  /**
   * Removes everything, and takes from flights the right to put anything back.
   *
   * @throws CacheOperationError when it is not certain that all is gone; it is not served by this process then.
   */
  async clear(): Promise<void> {
    this.#fence();
    await this.#carryOut("clear", this.#entries.removeAll());
  }

  /** Gives the store back; flights end, and store nothing. */
  async close(): Promise<void> {
    this.#fence();
    await this.#carryOut("close", this.#entries.close());
  }

  #start(call: Call, refresh: boolean): Promise<Outcome> {
    const load = new Load(this, call.key);
    const flight = this.#fly(load, call, refresh);
    load.promise = flight;
    this.#flights.add(load);
    return flight;
  }

  async #fly(load: Load, call: Call, refresh: boolean): Promise<Outcome> {
    const { config, guard } = this.#plan;
    const { key, args, ttl } = call;
    const budget = new Budget();
    try {
      const found = refresh ? undefined : await this.#entries.read(key, budget);
      if (found !== undefined) return { value: release(config, found.value), hit: true };
      // Whoever changes an argument while the store is asked gets a result for the changed one, which is not this key's.
      if (!refresh && call.isUnchanged?.() === false) load.valid = false;
      if (guard.hears("onMiss")) guard.tell("onMiss", { name: config.name, key, args });
      const value = await this.#run(call);
      if (load.valid) {
        const entry = retain(config, guard, { key, args, value, awaited: true, ttl });
        if (entry !== undefined) await this.#entries.write(load, entry, budget);
        // An older value must not outlive a newer one that is not stored.
        else if (refresh) await this.delete(key).catch(() => undefined);
      }
      return { value, hit: false };
    } finally {
      this.#flights.remove(load);
    }
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

  #fence(key?: Key): void {
    this.#flights.invalidate(key);
    this.#entries.invalidateWrites(key);
  }

  async #carryOut<T>(operation: string, done: Promise<T>): Promise<T> {
    try {
      return await done;
    } catch (cause) {
      const { config, guard } = this.#plan;
      guard.engineFailed(operation, cause);
      throw operationError(config.name, operation, cause);
    }
  }
}
