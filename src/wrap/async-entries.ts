/** The entries of a store that answers with promises: checked, within a time budget, and never back after a removal. */

import type { AsyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import { Budget } from "./budget.js";
import type { Load } from "./inflight.js";
import type { Plan } from "./plan.js";
import { Quarantine } from "./quarantine.js";
import { releaseShared } from "./retain.js";
import { openEntry, sealEntry } from "./verified.js";

/** Writes that may be without an answer at a time; beyond this the store is only read. */
const MAX_UNSETTLED = 1_000;

/** Access to one store. Operations of the cache's own never reject; those of the user reject when the engine failed. */
export class AsyncEntries {
  readonly #plan: Plan;
  readonly #store: Promise<AsyncStore>;
  readonly #quarantine = new Quarantine();
  /** Writes that the store has not answered yet, even if nobody waits any more, with what undoes the invalid ones. */
  readonly #unsettled = new Map<Load, Promise<unknown>>();

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.#store = store;
    // Whoever uses the store hears of it; nobody may.
    store.catch(() => undefined);
  }

  /** The entry of a key, fresh or not; `undefined` too when the engine fails, lies, or takes too long. */
  async read(key: Key, budget: Budget, ask: "get" | "peek" = "get"): Promise<Entry | undefined> {
    try {
      return await budget.spend(this.#read(key, ask));
    } catch (error) {
      return this.#plan.guard.engineFailed("get", error);
    }
  }

  /** Stores the entry of a load, unless the load has been invalidated, before or meanwhile. Whether it is there. */
  async write(load: Load, entry: Entry, budget: Budget): Promise<boolean> {
    const { config, guard } = this.#plan;
    if (!load.valid || this.#unsettled.size >= MAX_UNSETTLED || this.#quarantine.holds(load.key)) return false;
    // Two writes of one key may land in either order.
    for (const { key } of this.#unsettled.keys()) if (key === load.key) return false;
    try {
      const kept = await budget.spend(this.#track(load, () => this.#put(load, entry)));
      if (!kept) guard.refused("It is larger than the whole cache may be.");
      else if (guard.hears("onSet")) {
        guard.tell("onSet", { name: config.name, key: load.key, value: releaseShared(config, entry.value) });
      }
      return kept;
    } catch (error) {
      guard.engineFailed("set", error);
      return false;
    }
  }

  /** Removes a key's entry on the user's behalf. Rejects when it is not certain that it is gone; it is not served then. */
  remove(key: Key): Promise<boolean> {
    this.invalidateWrites(key);
    return this.#erase(key);
  }

  /** Removes all entries on the user's behalf. Rejects when it is not certain that they are gone. */
  removeAll(): Promise<void> {
    this.invalidateWrites();
    return this.#eraseAll();
  }

  /**
   * Stores an entry on the user's behalf, after all earlier writes of the key; a later removal of the key overtakes it.
   * Rejects when it is not certain that it is there; it is not served then, should it arrive later.
   */
  async put(load: Load, entry: Entry): Promise<boolean> {
    const earlier = [...this.#unsettled].filter(([{ key }]) => key === load.key).map(([, settled]) => settled);
    const write = async (): Promise<boolean> => {
      await Promise.allSettled(earlier);
      await this.#catchUp(load.key);
      return load.valid ? this.#put(load, entry) : true;
    };
    try {
      return await new Budget().spend(this.#track(load, write));
    } catch (error) {
      load.valid = false;
      this.#quarantine.add(load.key);
      throw error;
    }
  }

  /** Gives the store back. */
  async close(): Promise<void> {
    this.invalidateWrites();
    await new Budget().spend(this.#store.then((store) => store.close()));
  }

  /** Writes without an answer, of one key or all, may still land, and are undone then. */
  invalidateWrites(key?: Key): void {
    for (const load of this.#unsettled.keys()) if (key === undefined || load.key === key) load.valid = false;
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
      void this.#undo(key);
      throw error;
    }
  }

  /** Tries once more to carry out a removal that failed, if it is in the way of this key. */
  async #catchUp(key: Key): Promise<void> {
    if (this.#quarantine.isTotal) await this.#eraseAll();
    else if (this.#quarantine.holds(key)) await this.#erase(key);
  }

  async #erase(key: Key): Promise<boolean> {
    this.#quarantine.add(key);
    const existed = await new Budget().spend(this.#store.then((store) => store.delete(key)));
    this.#quarantine.release(key);
    return existed;
  }

  async #eraseAll(): Promise<void> {
    this.#quarantine.add();
    await new Budget().spend(this.#store.then((store) => store.clear()));
    this.#quarantine.release();
  }

  /** Whether something is, or may come to be, in the store that must not be served. */
  #blocked(key: Key): boolean {
    if (this.#quarantine.holds(key)) return true;
    for (const load of this.#unsettled.keys()) if (!load.valid && load.key === key) return true;
    return false;
  }

  /** Keeps a write in the list until the store has answered and, where it has become invalid, it is undone. */
  #track(load: Load, write: () => Promise<boolean>): Promise<boolean> {
    const tracked = write().finally(async () => {
      if (!load.valid) await this.#undo(load.key);
      this.#unsettled.delete(load);
    });
    this.#unsettled.set(load, tracked);
    return tracked;
  }

  async #put(load: Load, entry: Entry): Promise<boolean> {
    const store = await this.#store;
    return store.set(load.key, sealEntry(load.key, entry));
  }

  /** Removes what should not be there. */
  async #undo(key: Key): Promise<void> {
    await this.#erase(key).catch((error: unknown) => this.#plan.guard.engineFailed("delete", error));
  }
}
