/**
 * The entries of a store that answers with promises: checked, within a time budget, and never back after a removal.
 *
 * Who waits for a slow store gives up, and what it has not answered is not read meanwhile. One that fails is left alone.
 */

import type { AsyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { CacheValueError, ResourceError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { type Ask, atHand, read } from "./ask.js";
import { Breaker, REFUSED } from "./breaker.js";
import { Budget, CHANGE_BUDGET, CLOSING_BUDGET, TimeUp } from "./budget.js";
import { Changes } from "./changes.js";
import { Fences } from "./fences.js";
import type { Load } from "./inflight.js";
import { hearLater } from "./late.js";
import { Leases } from "./leases.js";
import { OpeningStore } from "./opening-store.js";
import type { Plan } from "./plan.js";
import { releaseShared } from "./retain.js";
import { Sight } from "./sight.js";
import { isValid } from "./tagging.js";
import { overtaken } from "./trace.js";
import { openEntry } from "./verified.js";

/** Writes of the cache's own that may be without an answer at a time; beyond this the store is only read. */
const MAX_UNSETTLED = 1_000;
/** Milliseconds since its last answer in which an engine counts as being at work. */
const AT_WORK = 50;

/** Access to one store. Operations of the cache's own never reject; those of the user reject when the engine failed. */
export class AsyncEntries {
  readonly #plan: Plan;
  readonly #store: OpeningStore;
  readonly #changes: Changes;
  readonly #fences: Fences;
  readonly #breaker: Breaker;
  #writes = 0;
  /** When the store last answered a read. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  readonly #isAtWork = (): boolean => performance.now() - this.#answeredAt < AT_WORK;
  /** The right to make values, where processes take turns. */
  readonly leases: Leases;
  readonly sight: Sight;

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.#store = new OpeningStore(store);
    this.#changes = new Changes(this.#store);
    this.#fences = new Fences(this.#store);
    this.#breaker = new Breaker(plan.config.breaker, plan.guard);
    this.sight = new Sight(plan, this.#store, this.#changes, this.#breaker);
    this.leases = new Leases(plan, this.#store, this.#changes, this.#breaker, this.#isAtWork);
  }

  /** Whether each entry that is read has a value of its own. */
  get isolates(): boolean {
    return this.#store.isolates;
  }

  /** The entry of a key, fresh or not; `undefined` too when the engine fails, lies, takes too long, or is left alone. */
  read(key: Key, budget: Budget, ask: Ask = "get"): Promise<Entry | undefined> {
    const attempt = this.#begin(key);
    return attempt === REFUSED ? Promise.resolve(this.atHand(key, "near")) : this.#read(key, budget, ask, attempt);
  }

  /** What is at hand of a key where the engine is not asked, or does not answer; `undefined`: nothing that may be used. */
  atHand(key: Key, ask: "near" | "getNow"): Entry | undefined {
    const isChanging = this.#changes.hides(key) || this.#changes.isBusy(key);
    return isChanging ? undefined : atHand(this.#store.opened, key, ask, (answer) => this.#open(key, answer));
  }

  /** The number of an operation of the cache's own; `REFUSED` if it is not to be tried. */
  #begin(key: Key): number {
    // What has to wait for other changes of its key cannot find out how the engine is now.
    const attempt = this.#breaker.isOpen && this.#changes.isBusy(key) ? REFUSED : this.#breaker.begin();
    if (attempt === REFUSED) this.#plan.counters.skipped += 1;
    return attempt;
  }

  #read(key: Key, budget: Budget, ask: Ask, attempt: number): Promise<Entry | undefined> {
    // Not asynchronous itself: this is the way of every hit, and each step that is costs as much as a lookup in memory.
    const store = this.#store.opened;
    if (store !== undefined) return this.#readFrom(store, key, { budget, ask, attempt });
    return this.#store.soon().then(
      (opened) => this.#readFrom(opened, key, { budget, ask, attempt }),
      (error: unknown) => this.#plan.guard.engineFailed("get", error),
    );
  }

  #readFrom(
    store: AsyncStore,
    key: Key,
    { budget, ask, attempt }: { readonly budget: Budget; readonly ask: Ask; readonly attempt: number },
  ): Promise<Entry | undefined> {
    // What the store has yet to change is not read.
    if (this.#changes.isBusy(key)) {
      this.#breaker.ended(attempt);
      return Promise.resolve(undefined);
    }
    const answer = this.#changes.hides(key)
      ? this.#changes.makeUp(key).then(() => read(store, key, budget, ask))
      : read(store, key, budget, ask);
    return budget.spend(answer, this.#isAtWork).then(
      (entry) => {
        this.#answeredAt = performance.now();
        this.#fences.heard(budget);
        return this.#believe(key, entry, attempt);
      },
      (error: unknown) => {
        this.#notRead(attempt, error);
        return this.atHand(key, "near");
      },
    );
  }

  /**
   * Notes with a load, before the function runs, what the store knows of removals, if it was not heard when the key was
   * read. A promise where that takes time.
   */
  fence(load: Load, budget: Budget): Promise<void> | undefined {
    // Where the store is not open yet, and need not be one that others use, the function does not wait for it.
    const mayAsk = !this.#breaker.isOpen && (this.#store.opened !== undefined || this.#plan.place !== undefined);
    return this.#fences.give(load, budget, mayAsk, this.#isAtWork);
  }

  /** What the store has answered, if it is the entry of this key. */
  #believe(key: Key, answer: unknown, attempt: number): Entry | undefined {
    try {
      const entry = this.#open(key, answer);
      this.#breaker.worked();
      return entry;
    } catch (error) {
      this.#notRead(attempt, error);
      this.#undo(key);
      return undefined;
    }
  }

  /** The entry in an answer; `undefined` too for one that was invalidated. Throws for what is none. */
  #open(key: Key, answer: unknown): Entry | undefined {
    const entry = openEntry(key, answer);
    return entry !== undefined && isValid(this.#plan, entry) ? entry : undefined;
  }

  #notRead(attempt: number, error: unknown): void {
    this.#plan.guard.engineFailed("get", error);
    this.#breaker.failed(attempt, error);
  }

  /**
   * Stores the entry of a load, unless the load is invalidated before it is there. Whether it is.
   *
   * @param replaces - There may be an older entry, which must not be served if this one cannot be stored.
   */
  async write(load: Load, entry: Entry, budget: Budget, replaces: boolean): Promise<boolean> {
    const attempt = load.valid ? this.#beginWrite(load.key, replaces) : REFUSED;
    if (attempt === REFUSED) return false;
    this.#writes += 1;
    let written: Promise<boolean | undefined> | undefined;
    let hadTime = true;
    try {
      written = this.#changes.put(load, this.#store.pack(entry), replaces);
      if (this.#store.opened === undefined) await this.#store.soon();
      hadTime = !budget.isSpent;
      const kept = await budget.spend(written);
      this.#written(load, entry, kept);
      return kept === true;
    } catch (error) {
      const failed = (cause: unknown): void => this.#notWritten(load.key, cause, replaces);
      if (error instanceof TimeUp && written !== undefined) hearLater(written, this.#plan.guard, failed);
      else failed(error);
      // A read that took all the time has been counted already.
      if (hadTime) this.#failed(attempt, error);
      return false;
    } finally {
      this.#breaker.ended(attempt);
      const done = (): void => {
        this.#writes -= 1;
      };
      Promise.resolve(written).then(done, done);
    }
  }

  /** The number of a write of the cache's own; `REFUSED` if it is not to be tried. */
  #beginWrite(key: Key, replaces: boolean): number {
    const isFull = this.#writes >= MAX_UNSETTLED || this.#changes.isFull(key);
    const attempt = isFull ? REFUSED : this.#begin(key);
    if (attempt === REFUSED && replaces) this.#hide(key);
    return attempt;
  }

  #written({ key, replaces }: Load, { value }: Entry, kept: boolean | undefined): void {
    const { config, guard } = this.#plan;
    if (kept === undefined) return void overtaken(this.#plan, key);
    this.#breaker.worked();
    if (!kept) return void guard.refused("It is larger than the whole cache may be.", key);
    guard.trace?.note("stored", replaces ? "refresh" : "load", key);
    if (guard.hears("onSet")) guard.tell("onSet", { name: config.name, key, value: releaseShared(config, value) });
  }

  #notWritten(key: Key, error: unknown, replaces: boolean): void {
    const { guard } = this.#plan;
    if (!(error instanceof CacheValueError)) return void guard.engineFailed("set", error, key);
    guard.refused(error.message, key);
    // What is there is older, and must not outlive a newer value that cannot be kept.
    if (replaces) this.#undo(key);
  }

  /** A change has failed. A value that cannot be kept, and a store that is not open yet, say nothing about the engine. */
  #failed(attempt: number, error: unknown): void {
    if (this.#store.opened && !(error instanceof CacheValueError)) this.#breaker.failed(attempt, error);
  }

  /**
   * Stores an entry on the user's behalf; `false`: too large, `undefined`: removed meanwhile. Rejects when it is not certain
   * that it is there; it is not served then, should it arrive later.
   */
  async put(load: Load, entry: Entry): Promise<boolean | undefined> {
    if (this.#changes.isFull(load.key)) throw new ResourceError("Too many changes of one key wait for the engine.");
    try {
      return await this.#acknowledged(this.#changes.put(load, this.#store.pack(entry), true));
    } catch (error) {
      load.valid = false;
      throw error;
    }
  }

  /**
   * Changes a key's entry on the user's behalf, or removes it where nothing is to be left of it; whether there was one. In
   * one turn: what is read is what is replaced, whatever is to be changed meanwhile. Rejects when it is not certain that
   * it is done; the entry is not served then.
   */
  amend(key: Key, change: (entry: Entry) => Entry | undefined): Promise<boolean> {
    if (this.#changes.isFull(key)) return this.remove(key);
    return this.#acknowledged(this.#changes.amend(key, (store) => this.#readIn(store, key), change));
  }

  /** The entry of a key, in the turn of a change; `undefined` too for one that is of no use. */
  async #readIn(store: AsyncStore, key: Key): Promise<Entry | undefined> {
    try {
      return this.#open(key, await read(store, key, new Budget(this.#plan.config.engineTimeout), "peek"));
    } catch (error) {
      return this.#plan.guard.engineFailed("get", error);
    }
  }

  /** Removes a key's entry on the user's behalf. Rejects when it is not certain that it is gone; it is not served then. */
  remove(key: Key): Promise<boolean> {
    return this.#acknowledged(this.#changes.remove(key));
  }

  /** Removes all entries on the user's behalf. Rejects when it is not certain that they are gone. */
  async removeAll(): Promise<void> {
    await this.#acknowledged(this.#changes.removeAll());
  }

  /** Removes what is older than a result that is not stored. Where the engine is left alone, it is not served. */
  async discard(key: Key): Promise<void> {
    if (this.#breaker.isOpen) this.#hide(key);
    else await this.remove(key);
  }

  /** Gives the store back, when what is on its way there has arrived. */
  async close(): Promise<void> {
    const closed = this.#store.whenever().then(async (store) => {
      await Promise.all([this.#changes.settled, this.leases.close()]);
      await store.close();
    });
    await new Budget(CLOSING_BUDGET).spend(closed);
  }

  /** Waits for a change on the user's behalf. */
  async #acknowledged<T>(change: Promise<T>): Promise<T> {
    const attempt = this.#breaker.ask();
    // The change itself says what became of it.
    if (this.#store.opened === undefined) await this.#store.soon().catch(() => undefined);
    try {
      const done = await new Budget(Math.max(CHANGE_BUDGET, this.#plan.config.engineTimeout)).spend(change);
      if (done !== undefined) this.#breaker.worked();
      return done;
    } catch (error) {
      this.#failed(attempt, error);
      throw error;
    }
  }

  /** Removes what should not be there, in the background. */
  #undo(key: Key): void {
    if (this.#breaker.isOpen) this.#hide(key);
    else this.#changes.remove(key).catch((error: unknown) => this.#plan.guard.engineFailed("delete", error));
  }

  /** What is stored is not served any more, and is removed before it is read again. */
  #hide(key: Key): void {
    this.#changes.hide(key).catch((error: unknown) => this.#plan.guard.engineFailed("delete", error));
  }
}
