/**
 * The entries of a store that answers with promises: checked, within a time budget, and never back after a removal.
 *
 * Changes of one key reach the store one after the other, and those that come after a `clear` wait for it. So nothing
 * lands late; who waits for a store that is slow gives up, and what the store has not answered is not read meanwhile.
 */

import type { AsyncStore } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { CacheValueError, ResourceError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { Budget, CHANGE_BUDGET, CLOSING_BUDGET, TimeUp } from "./budget.js";
import type { Load } from "./inflight.js";
import { Lane } from "./lane.js";
import { OpeningStore } from "./opening-store.js";
import type { Plan } from "./plan.js";
import { Quarantine } from "./quarantine.js";
import { releaseShared } from "./retain.js";
import { openEntry, sealEntry } from "./verified.js";

/** Writes of the cache's own that may be without an answer at a time; beyond this the store is only read. */
const MAX_UNSETTLED = 1_000;
/** Milliseconds after which a write that nobody waits for any more is taken for lost, and told of. */
const LATE = 5_000;
/** Milliseconds since its last answer in which an engine counts as being at work. */
const AT_WORK = 50;
/** Changes of one key that may wait for one another; beyond this the store is not keeping up. */
const MAX_WAITING = 100;

/** Access to one store. Operations of the cache's own never reject; those of the user reject when the engine failed. */
export class AsyncEntries {
  readonly #plan: Plan;
  readonly #store: OpeningStore;
  /** What a removal failed to remove. */
  readonly #quarantine = new Quarantine();
  /** Changes under way, by key. */
  readonly #lanes = new Map<Key, Lane>();
  readonly #clears = new Lane();
  /** The last `clear`, which never rejects here; changes wait for it. */
  #cleared: Promise<unknown> = Promise.resolve();
  #writes = 0;
  /** When the store last answered a read. */
  #answeredAt = Number.NEGATIVE_INFINITY;
  readonly #isAtWork = (): boolean => performance.now() - this.#answeredAt < AT_WORK;

  constructor(plan: Plan, store: Promise<AsyncStore>) {
    this.#plan = plan;
    this.#store = new OpeningStore(store);
  }

  /** Whether each entry that is read has a value of its own. */
  get isolates(): boolean {
    return this.#store.isolates;
  }

  /** The entry of a key, fresh or not; `undefined` too when the engine fails, lies, or takes too long. */
  read(key: Key, budget: Budget, ask: "get" | "peek" = "get"): Promise<Entry | undefined> {
    // Not asynchronous itself: this is the way of every hit, and each step that is costs as much as a lookup in memory.
    const store = this.#store.opened;
    const answer = store === undefined ? this.#readSoon(key, budget, ask) : this.#readNow(store, key, budget, ask);
    return answer.then(
      (entry) => {
        this.#answeredAt = performance.now();
        return this.#believe(key, entry);
      },
      (error: unknown) => this.#plan.guard.engineFailed("get", error),
    );
  }

  async #readSoon(key: Key, budget: Budget, ask: "get" | "peek"): Promise<unknown> {
    return this.#readNow(await this.#store.soon(), key, budget, ask);
  }

  #readNow(store: AsyncStore, key: Key, budget: Budget, ask: "get" | "peek"): Promise<unknown> {
    // What the store has yet to change is not read.
    if (this.#isBusy(key)) return Promise.resolve();
    const answer = this.#quarantine.holds(key)
      ? this.#readAfter(store, key, budget, ask)
      : read(store, key, budget, ask);
    return budget.spend(answer, this.#isAtWork);
  }

  /** Reads, once what should be gone is gone. */
  async #readAfter(store: AsyncStore, key: Key, budget: Budget, ask: "get" | "peek"): Promise<unknown> {
    await this.#catchUp(key, () => this.#erase(key));
    return read(store, key, budget, ask);
  }

  /** What the store has answered, if it is the entry of this key. */
  #believe(key: Key, answer: unknown): Entry | undefined {
    try {
      return openEntry(key, answer);
    } catch (error) {
      this.#undo(key);
      return this.#plan.guard.engineFailed("get", error);
    }
  }

  /**
   * Stores the entry of a load, unless the load is invalidated before it is there. Whether it is.
   *
   * @param replaces - There may be an older entry, which must not be served if this one cannot be stored.
   */
  async write(load: Load, entry: Entry, budget: Budget, replaces: boolean): Promise<boolean> {
    const { config, guard } = this.#plan;
    if (!load.valid) return false;
    if (this.#writes >= MAX_UNSETTLED || this.#isFull(load.key)) {
      if (replaces) this.#quarantine.add(load.key);
      return false;
    }
    this.#writes += 1;
    let written: Promise<boolean | undefined> | undefined;
    try {
      written = this.#put(load, this.#store.pack(entry), replaces);
      if (this.#store.opened === undefined) await this.#store.soon();
      const kept = await budget.spend(written);
      if (kept === false) guard.refused("It is larger than the whole cache may be.");
      else if (kept === true && guard.hears("onSet")) {
        guard.tell("onSet", { name: config.name, key: load.key, value: releaseShared(config, entry.value) });
      }
      return kept === true;
    } catch (error) {
      if (error instanceof TimeUp && written !== undefined) this.#hearLater(load.key, written, replaces);
      else this.#notWritten(load.key, error, replaces);
      return false;
    } finally {
      const done = (): void => {
        this.#writes -= 1;
      };
      Promise.resolve(written).then(done, done);
    }
  }

  /** A write takes longer than its call may wait. That is no failure, unless it comes to one or to nothing. */
  #hearLater(key: Key, written: Promise<unknown>, replaces: boolean): void {
    const late = setTimeout(() => this.#plan.guard.engineFailed("set", new TimeUp()), LATE);
    (late as { unref?(): void }).unref?.();
    written.then(
      () => clearTimeout(late),
      (error: unknown) => {
        clearTimeout(late);
        this.#notWritten(key, error, replaces);
      },
    );
  }

  #notWritten(key: Key, error: unknown, replaces: boolean): void {
    const { guard } = this.#plan;
    if (!(error instanceof CacheValueError)) return void guard.engineFailed("set", error);
    guard.refused(error.message);
    // What is there is older, and must not outlive a newer value that cannot be kept.
    if (replaces) this.#undo(key);
  }

  /**
   * Stores an entry on the user's behalf; `false` when it is too large. Rejects when it is not certain that it is there;
   * it is not served then, should it arrive later.
   */
  async put(load: Load, entry: Entry): Promise<boolean> {
    if (this.#isFull(load.key)) throw new ResourceError("Too many changes of one key are waiting for the engine.");
    try {
      return (await this.#acknowledged(this.#put(load, this.#store.pack(entry), true))) === true;
    } catch (error) {
      load.valid = false;
      throw error;
    }
  }

  /** Removes a key's entry on the user's behalf. Rejects when it is not certain that it is gone; it is not served then. */
  remove(key: Key): Promise<boolean> {
    return this.#acknowledged(this.#erase(key));
  }

  /** Removes all entries on the user's behalf. Rejects when it is not certain that they are gone. */
  async removeAll(): Promise<void> {
    const cleared = this.#eraseAll();
    // What was on its way before may arrive after.
    const late = [...this.#lanes.keys()].map((key) => this.#erase(key));
    await this.#acknowledged(Promise.all([cleared, ...late]));
  }

  /** Gives the store back, when what is on its way there has arrived. */
  async close(): Promise<void> {
    const closed = this.#store.whenever().then(async (store) => {
      await Promise.all([this.#cleared, ...[...this.#lanes.values()].map((lane) => lane.settled)]);
      await store.close();
    });
    await new Budget(CLOSING_BUDGET).spend(closed);
  }

  /** Waits for a change on the user's behalf. */
  async #acknowledged<T>(change: Promise<T>): Promise<T> {
    // The change itself says what became of it.
    if (this.#store.opened === undefined) await this.#store.soon().catch(() => undefined);
    return new Budget(Math.max(CHANGE_BUDGET, this.#plan.config.engineTimeout)).spend(change);
  }

  /** Whether the store has yet to answer a change of the key. */
  #isBusy(key: Key): boolean {
    return this.#clears.length > 0 || this.#lanes.has(key);
  }

  #isFull(key: Key): boolean {
    return (this.#lanes.get(key)?.length ?? 0) >= MAX_WAITING;
  }

  /** Tries once more to carry out a removal that failed, if it is in the way of this key. */
  async #catchUp(key: Key, erase: () => Promise<boolean>): Promise<void> {
    // Another one's attempt serves too; a second one could remove what has been stored since.
    if (this.#quarantine.isTotal && this.#clears.length > 0) await this.#cleared;
    if (this.#quarantine.isTotal) await this.#eraseAll();
    else if (this.#quarantine.holds(key)) await erase();
  }

  /** `undefined`: the load was invalidated, and nothing of it is there. */
  #put(load: Load, packed: Entry | Promise<Entry>, replaces: boolean): Promise<boolean | undefined> {
    const { key } = load;
    return this.#change(key, "run", async (store) => {
      const entry = packed instanceof Promise ? await packed : packed;
      if (!load.valid && !replaces) return undefined;
      const kept = load.valid && (await this.#replace(store, key, entry, replaces));
      if (load.valid) return kept;
      await this.#eraseFrom(store, key);
      return undefined;
    });
  }

  async #replace(store: AsyncStore, key: Key, entry: Entry, replaces: boolean): Promise<boolean> {
    try {
      // Before and not after: what the store failed to remove must neither come back nor take this entry with it.
      await this.#catchUp(key, () => this.#eraseFrom(store, key));
      return await store.set(key, sealEntry(key, entry));
    } catch (error) {
      if (replaces) this.#quarantine.add(key);
      throw error;
    }
  }

  #erase(key: Key): Promise<boolean> {
    return this.#change(key, "remove", (store) => this.#eraseFrom(store, key));
  }

  async #eraseFrom(store: AsyncStore, key: Key): Promise<boolean> {
    try {
      const existed = await store.delete(key);
      this.#quarantine.release(key);
      return existed;
    } catch (error) {
      this.#quarantine.add(key);
      throw error;
    }
  }

  #eraseAll(): Promise<void> {
    const cleared = this.#clears.remove(async () => {
      const store = await this.#store.whenever();
      const { moment } = this.#quarantine;
      try {
        await store.clear();
        this.#quarantine.releaseAll(moment);
      } catch (error) {
        this.#quarantine.add();
        throw error;
      }
    });
    this.#cleared = cleared.catch(() => undefined);
    return cleared;
  }

  /** Queues a change of a key. Its lane is there as long as something is in it. */
  #change<T>(key: Key, how: "run" | "remove", act: (store: AsyncStore) => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? new Lane();
    this.#lanes.set(key, lane);
    const cleared = this.#cleared;
    return lane[how](async () => {
      try {
        await cleared;
        return await act(await this.#store.whenever());
      } finally {
        if (lane.length === 1) this.#lanes.delete(key);
      }
    });
  }

  /** Removes what should not be there, in the background. */
  #undo(key: Key): void {
    this.#erase(key).catch((error: unknown) => this.#plan.guard.engineFailed("delete", error));
  }
}

/** Asks a store for an entry. One that throws rejects. */
function read(store: AsyncStore, key: Key, { more }: Budget, ask: "get" | "peek"): Promise<Entry | undefined> {
  try {
    return ask === "peek" && store.peek !== undefined ? store.peek(key, more) : store.get(key, more);
  } catch (error) {
    return Promise.reject(error);
  }
}
