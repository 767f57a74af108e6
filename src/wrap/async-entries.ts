/** The entries of a store that answers with promises: checked, within a time budget, and never back after a removal. */

import type { AsyncStore } from "../contract/index.js";
import { type Entry, isFresh } from "../entry.js";
import type { Key } from "../keys/index.js";
import { Budget } from "./budget.js";
import type { Load } from "./inflight.js";
import type { Plan } from "./plan.js";
import { Quarantine } from "./quarantine.js";
import { openEntry, sealEntry } from "./verified.js";

/** Writes that may be without an answer at a time; beyond this the store is only read. */
const MAX_UNSETTLED = 1_000;

/** Access to one store. Operations of the cache's own never reject; those of the user reject when the engine failed. */
export class AsyncEntries {
  readonly #plan: Plan;
  readonly #store: Promise<AsyncStore>;
  readonly #quarantine = new Quarantine();
  /** Writes that the store has not answered yet, even if nobody waits any more. */
  readonly #unsettled = new Set<Load>();

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.#store = store;
    // Whoever uses the store hears of it; nobody may.
    store.catch(() => undefined);
  }

  /** The fresh entry of a key; `undefined` too when the engine fails, lies, or takes too long. */
  async read(key: Key, budget: Budget, ask: "get" | "peek" = "get"): Promise<Entry | undefined> {
    const { config, guard } = this.#plan;
    try {
      const entry = await budget.spend(this.#read(key, ask));
      if (entry === undefined || isFresh(entry, config.clock)) return entry;
      guard.removed(key, entry, "expired");
    } catch (error) {
      guard.engineFailed("get", error);
    }
    return undefined;
  }

  /** Stores the entry of a load, unless the load has been invalidated, before or meanwhile. */
  async write(load: Load, entry: Entry, budget: Budget): Promise<void> {
    const { config, guard } = this.#plan;
    if (!load.valid || this.#unsettled.size >= MAX_UNSETTLED || this.#blocked(load.key)) return;
    try {
      const kept = await budget.spend(this.#put(load, entry));
      if (!kept) guard.refused("It is larger than the whole cache may be.");
      else if (guard.hears("onSet")) guard.tell("onSet", { name: config.name, key: load.key, value: entry.value });
    } catch (error) {
      guard.engineFailed("set", error);
    }
  }

  /** Removes a key's entry on the user's behalf. Rejects when it is not certain that it is gone; it is not served then. */
  async remove(key: Key): Promise<boolean> {
    this.invalidateWrites(key);
    this.#quarantine.add(key);
    const existed = await new Budget().spend(this.#store.then((store) => store.delete(key)));
    this.#quarantine.release(key);
    return existed;
  }

  /** Removes all entries on the user's behalf. Rejects when it is not certain that they are gone. */
  async removeAll(): Promise<void> {
    this.invalidateWrites();
    this.#quarantine.add();
    await new Budget().spend(this.#store.then((store) => store.clear()));
    this.#quarantine.release();
  }

  /** Stores an entry on the user's behalf. Rejects when it is not certain that it is there. */
  async put(load: Load, entry: Entry): Promise<boolean> {
    this.invalidateWrites(load.key);
    await this.#catchUp(load.key);
    this.#quarantine.add(load.key);
    const kept = await new Budget().spend(this.#put(load, entry));
    this.#quarantine.release(load.key);
    return kept;
  }

  /** Gives the store back. */
  async close(): Promise<void> {
    this.invalidateWrites();
    await new Budget().spend(this.#store.then((store) => store.close()));
  }

  /** Writes without an answer, of one key or all, may still land, and are undone then. */
  invalidateWrites(key?: Key): void {
    for (const load of this.#unsettled) if (key === undefined || load.key === key) load.valid = false;
  }

  async #read(key: Key, ask: "get" | "peek"): Promise<Entry | undefined> {
    const store = await this.#store;
    await this.#catchUp(key);
    if (this.#blocked(key)) return undefined;
    const answer = ask === "peek" && store.peek !== undefined ? await store.peek(key) : await store.get(key);
    // A removal may have begun while the store was answering.
    if (this.#blocked(key)) return undefined;
    try {
      return openEntry(key, answer);
    } catch (error) {
      this.#undo(key);
      throw error;
    }
  }

  /** Tries once more to carry out a removal that failed, if it is in the way of this key. */
  async #catchUp(key: Key): Promise<void> {
    if (this.#quarantine.isTotal) await this.removeAll();
    else if (this.#quarantine.holds(key)) await this.remove(key);
  }

  /** Whether something is, or may come to be, in the store that must not be served. */
  #blocked(key: Key): boolean {
    if (this.#quarantine.holds(key)) return true;
    for (const load of this.#unsettled) if (!load.valid && load.key === key) return true;
    return false;
  }

  async #put(load: Load, entry: Entry): Promise<boolean> {
    const store = await this.#store;
    this.#unsettled.add(load);
    try {
      return await store.set(load.key, sealEntry(load.key, entry));
    } finally {
      this.#unsettled.delete(load);
      if (!load.valid) this.#undo(load.key);
    }
  }

  /** Removes what should not be there, in the background. */
  #undo(key: Key): void {
    this.remove(key).catch((error: unknown) => this.#plan.guard.engineFailed("delete", error));
  }
}
