/** A cache on a store that answers with promises: one flight a key, which reads, runs the function and writes. */

import type { AsyncStore } from "../contract/index.js";
import { type Entry, isFresh, type Moment } from "../entry.js";
import { CacheTimeoutError, CacheValueError, operationError, ResourceError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { AsyncEntries } from "./async-entries.js";
import { Budget } from "./budget.js";
import { waitUnlessAborted } from "./cancellation.js";
import { joinTask } from "./cycles.js";
import { carryOutLater } from "./entries.js";
import { Flights } from "./flights.js";
import { atHand } from "./given.js";
import { Load } from "./inflight.js";
import { isShareable, isThenable } from "./one-shot.js";
import { FAILED, meanwhile, type Outcome, settled, waitForFlight } from "./outcome.js";
import type { Call, Plan } from "./plan.js";
import { releaseShared, retainExplicit } from "./retain.js";
import { expired } from "./staleness.js";
import { begun, isOvertaken, momentOf } from "./tagging.js";

/** The entries of one function in a store of an asynchronous engine. */
export class AsyncCache {
  readonly #plan: Plan;
  readonly entries: AsyncEntries;
  readonly flights: Flights;
  readonly #store: Promise<AsyncStore>;

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.entries = new AsyncEntries(plan, store);
    this.flights = new Flights(plan, this.entries);
    this.#store = store;
  }

  /** A call: joins the flight of its key, or is a flight of its own. Rejects with nothing but the function's error. */
  call(call: Call): Promise<unknown> {
    const load = this.flights.loads.get(call.key);
    // One without a promise is beginning: what it is asking right now has made this call.
    if (load?.promise !== undefined) return this.#join(load, call);
    const near = load === undefined ? atHand(call.key, this.#plan, this.entries) : undefined;
    if (near !== undefined) {
      this.#count(call, near, false);
      return near.isThrown === true ? Promise.reject(near.value) : Promise.resolve(near.value);
    }
    return this.#wait(this.flights.start(call, false), call).then(
      (outcome) => {
        this.#count(call, outcome, false);
        return settled(outcome);
      },
      (error: unknown) => {
        this.#count(call, FAILED, false);
        throw error;
      },
    );
  }

  async #join(load: Load, call: Call): Promise<unknown> {
    const near = meanwhile(load, this.#plan);
    if (near !== undefined) {
      this.#count(call, near, true);
      return releaseShared(this.#plan.config, near.value);
    }
    let outcome: Outcome | undefined = FAILED;
    let joined = true;
    const came = momentOf(this.#plan, call.namespace);
    try {
      refuseCycle(load);
      outcome = await this.#shareUnlessOvertaken(load, call, came);
      if (outcome === undefined) return await this.call(call);
      if (!isShareable(outcome.value)) {
        // Only one caller can have that value.
        joined = false;
        outcome = FAILED;
        outcome = await this.#wait(this.flights.start(call, false), call);
      }
      const value = settled(outcome);
      return joined ? releaseShared(this.#plan.config, value) : value;
    } finally {
      if (outcome !== undefined) this.#count(call, outcome, joined);
    }
  }

  /** The same, unless it may have been invalidated before the caller came: `undefined` then. */
  async #shareUnlessOvertaken(load: Load, call: Call, came: Moment | undefined): Promise<Outcome | undefined> {
    try {
      const outcome = await this.#share(load, call);
      // What was there meanwhile is over, and what another process makes is in the store, or to be waited for there.
      if (outcome.isLeft === true) return undefined;
      if (outcome.isStale === true || !isOvertaken(this.#plan, load, came)) return outcome;
    } catch (error) {
      const isOver = call.signal?.aborted === true || error instanceof CacheTimeoutError;
      if (isOver || !isOvertaken(this.#plan, load, came)) throw error;
    }
    // What is being set stays listed until the store has it.
    this.flights.loads.remove(load);
    return undefined;
  }

  /** What another one's flight comes to or, where it fails, what there is. */
  async #share(load: Load, call: Call): Promise<Outcome> {
    try {
      return await this.#wait(load, call);
    } catch (error) {
      // Who has waited all the time that there is does not wait for the store again, which has not answered in it.
      const isTooLate = error instanceof CacheTimeoutError && load.began === undefined;
      const mayLook = call.signal?.aborted !== true && !isTooLate;
      const outcome = mayLook ? await this.flights.insteadOfJoined(load) : undefined;
      if (outcome === undefined) throw error;
      return outcome;
    }
  }

  /** Waits for a flight as long as the options say, and the caller likes to. */
  #wait(load: Load, call: Call): Promise<Outcome> {
    return this.#attend(load, waitForFlight(load, this.#plan), call);
  }

  /** Waits for what comes of a flight as long as the caller likes to. */
  #attend(load: Load, flight: Promise<Outcome>, { signal }: Call): Promise<Outcome> {
    load.join(signal);
    if (signal === undefined) return flight;
    return waitUnlessAborted(flight, signal, () => {
      if (load.leave()) this.flights.loads.abandon(load, signal.reason);
    });
  }

  /** A call that has to have a new value: shares a load that is under way, or runs the function. Counted as a miss. */
  async getNew(call: Call): Promise<unknown> {
    const load = this.flights.loads.get(call.key);
    if (load?.promise === undefined) return this.refresh(call);
    const came = momentOf(this.#plan, call.namespace);
    let outcome = FAILED;
    let isOfUse = true;
    try {
      refuseCycle(load);
      load.join(undefined);
      outcome = (await load.promise) as Outcome;
      isOfUse = outcome.isStale !== true && !isOvertaken(this.#plan, load, came);
    } finally {
      if (isOfUse) this.#count(call, outcome, true);
    }
    return isOfUse ? settled(outcome) : this.refresh(call);
  }

  #count({ key, args }: Call, { hit, isStale = false }: Outcome, joined: boolean): void {
    const { config, counters, guard } = this.#plan;
    if (isStale) counters.stale += 1;
    if (hit) counters.hits += 1;
    else counters.misses += 1;
    if (!hit && joined) counters.coalesced += 1;
    if (hit && guard.hears("onHit")) guard.tell("onHit", { name: config.name, key, args });
  }

  /** The fresh value of a key, in an object of its own; counted as a hit or a miss. */
  async find(key: Key): Promise<{ readonly value: unknown } | undefined> {
    const { counters } = this.#plan;
    const found = this.flights.give(await this.entries.read(key, new Budget(this.#plan.config.engineTimeout)));
    if (found === undefined) counters.misses += 1;
    else counters.hits += 1;
    return found;
  }

  /** Runs the function and puts its result in the place of what is cached; earlier flights may not store theirs then. */
  async refresh(call: Call): Promise<unknown> {
    this.#plan.counters.misses += 1;
    const load = this.flights.start(call, true);
    return (await this.#attend(load, load.promise as Promise<Outcome>, call)).value;
  }

  /**
   * Ends the time in which an entry is fresh. Where it is of use after that it stays; otherwise it is removed. Loads under
   * way may not put back what they find. Whether there was an entry.
   *
   * @throws CacheOperationError when it is not certain that it is done; the entry is not served by this process then.
   */
  async expire(key: Key): Promise<boolean> {
    this.flights.fence(key);
    const existed = await carryOutLater(this.#plan, "expire", () =>
      this.entries.amend(key, (entry) => expired(entry, this.#plan.config)),
    );
    if (existed) this.#plan.guard.trace?.note("ended", "expire", key);
    return existed;
  }

  /** Whether there is a fresh entry. Not counted. */
  async has(key: Key): Promise<boolean> {
    const entry = await this.entries.read(key, new Budget(this.#plan.config.engineTimeout), "peek");
    return entry !== undefined && isFresh(entry, this.#plan.config.clock);
  }

  /** The fresh value; `undefined` also when there is none. Not counted. */
  async peek(key: Key): Promise<unknown> {
    return this.flights.give(await this.entries.read(key, new Budget(this.#plan.config.engineTimeout), "peek"))?.value;
  }

  /**
   * Stores a value, or what a promise will be fulfilled with; calls meanwhile share that. A later removal wins.
   *
   * @throws CacheValueError when the value cannot be kept, CacheOperationError when it is not certain that it is.
   */
  async set(call: Call, promised: unknown): Promise<void> {
    const { key, args, ttl, namespace } = call;
    const { config } = this.#plan;
    const load = begun(this.#plan, new Load(this, key), namespace);
    const { since } = load;
    load.replaces = true;
    // Callers may stop waiting for the value; who puts it in does not.
    load.join(undefined);
    this.flights.fence(key);
    // A flight that calls can join, until the store has the value.
    this.flights.loads.add(load);
    if (!load.valid) throw operationError(config.name, "set", new ResourceError("Too many loads are under way."));
    try {
      const value = isThenable(promised) ? await this.#expect(load, promised) : promised;
      const { isolates: isolated } = this.entries;
      const result = { key, args, value, awaited: true, ttl, isolated, since, namespace };
      const entry = load.valid ? retainExplicit(config, result) : undefined;
      if (!load.valid) return;
      load.tagged = entry?.tagged;
      load.promise = Promise.resolve({ value, hit: false });
      if (entry === undefined) await this.#keepNothing(key);
      // As a load of its own, which a refresh that begins meanwhile, and may fail, does not invalidate.
      else if ((await this.#put(load, entry)) === false) {
        throw new CacheValueError(`The value is larger than the whole cache "${config.name}" may be.`);
      }
    } finally {
      this.flights.loads.remove(load);
    }
  }

  async #put({ key, fence }: Load, entry: Entry): Promise<boolean | undefined> {
    const { trace } = this.#plan.guard;
    const kept = await carryOutLater(this.#plan, "set", () => this.entries.put(new Load(this, key, fence), entry));
    if (kept === true) trace?.note("stored", "set", key);
    if (kept === false) trace?.note("refused", "value", key, "It is larger than the whole cache may be.");
    return kept;
  }

  async #keepNothing(key: Key): Promise<void> {
    this.#plan.guard.trace?.note("refused", "option", key, "Its lifetime is over at once.");
    await this.delete(key);
  }

  async #expect(load: Load, promised: PromiseLike<unknown>): Promise<unknown> {
    const outcome = Promise.resolve(promised).then((value): Outcome => ({ value, hit: false }));
    load.promise = outcome;
    // A value that is still being made must not outlive what other processes remove meanwhile.
    const fencing = this.entries.fence(load, new Budget(this.#plan.config.engineTimeout));
    const [{ value }] = await Promise.all([outcome, fencing]);
    return value;
  }

  /**
   * Removes an entry, and takes from flights the right to put it back; whether there was one.
   *
   * @throws CacheOperationError when it is not certain that it is gone; it is not served by this process then.
   */
  async delete(key: Key): Promise<boolean> {
    this.flights.fence(key);
    const existed = await carryOutLater(this.#plan, "delete", () => this.entries.remove(key));
    if (existed) this.#plan.guard.trace?.note("removed", "delete", key);
    return existed;
  }

  /**
   * Removes everything, and takes from flights the right to put anything back.
   *
   * @throws CacheOperationError when it is not certain that all is gone; it is not served by this process then.
   */
  async clear(): Promise<void> {
    this.flights.fence();
    await carryOutLater(this.#plan, "clear", () => this.entries.removeAll());
    this.#plan.guard.trace?.note("cleared", "clear");
  }

  /**
   * The keys that there are, those of entries that nobody has asked for since they expired among them.
   *
   * @throws CacheOperationError when the engine failed.
   */
  keys(): Promise<Iterable<Key>> {
    return carryOutLater(this.#plan, "list", async () => (await this.#store).keys());
  }

  /** Gives the store back; flights end, and store nothing. */
  async close(): Promise<void> {
    this.flights.fence();
    await carryOutLater(this.#plan, "close", () => this.entries.close());
  }
}

/** Throws where to wait for the load would be to wait for ever. */
function refuseCycle(load: Load): void {
  const cycle = joinTask(load);
  if (cycle !== undefined) throw cycle;
}
