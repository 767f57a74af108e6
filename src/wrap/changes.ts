/**
 * Changes of a store that answers with promises. Those of one key reach the store one after the other, and those that come
 * after a `clear` wait for it, so that nothing lands late. What a change failed to remove is not served.
 */

import type { AsyncStore, Kept } from "../contract/index.js";
import type { Entry } from "../entry.js";
import type { Key } from "../keys/index.js";
import type { Load } from "./inflight.js";
import { Lane } from "./lane.js";
import { fenceFor, type LoadFence } from "./load-fence.js";
import type { OpeningStore } from "./opening-store.js";
import { Quarantine } from "./quarantine.js";
import { sealEntry } from "./verified.js";

/** Changes of one key that may wait for one another; beyond this the store is not keeping up. */
const MAX_WAITING = 100;

/** The changes of one store. All of them reject when the engine failed. */
export class Changes {
  readonly #store: OpeningStore;
  /** What a removal failed to remove. */
  readonly #quarantine = new Quarantine();
  /** Changes under way, by key. */
  readonly #lanes = new Map<Key, Lane>();
  readonly #clears = new Lane();
  /** The last `clear`, which never rejects here; changes wait for it. */
  #cleared: Promise<unknown> = Promise.resolve();

  constructor(store: OpeningStore) {
    this.#store = store;
  }

  /** Whether the store has yet to answer a change of the key. */
  isBusy(key: Key): boolean {
    return this.#clears.length > 0 || this.#lanes.has(key);
  }

  /** Whether no more changes of the key may wait. */
  isFull(key: Key): boolean {
    return (this.#lanes.get(key)?.length ?? 0) >= MAX_WAITING;
  }

  /** Whether there may be an entry of the key that should be gone. */
  hides(key: Key): boolean {
    return this.#quarantine.holds(key);
  }

  /** Fulfilled when all changes of a key so far have settled; `undefined`: there are none under way. */
  settledOf(key: Key): Promise<unknown> | undefined {
    return this.#lanes.get(key)?.settled;
  }

  /** Fulfilled when all changes so far have settled. */
  get settled(): Promise<unknown> {
    return Promise.all([this.#cleared, ...[...this.#lanes.values()].map((lane) => lane.settled)]);
  }

  /**
   * Stores an entry, and says whether it was kept. `undefined`: the load was invalidated, here or by another process, and
   * nothing of it is there.
   */
  put(load: Load, packed: Entry | Promise<Entry>, replaces: boolean): Promise<boolean | undefined> {
    const { key } = load;
    return this.#change(key, "run", async (store) => {
      const entry = packed instanceof Promise ? await packed : packed;
      if (!load.valid && !replaces) return undefined;
      const kept = load.valid && (await this.#replace(store, key, entry, replaces, load.fence));
      if (load.valid) return kept === "fenced" ? undefined : kept;
      await this.#eraseFrom(store, key);
      return undefined;
    });
  }

  async #replace(store: AsyncStore, key: Key, entry: Entry, replaces: boolean, fence: LoadFence): Promise<Kept> {
    try {
      // Before and not after: what the store failed to remove must neither come back nor take this entry with it.
      await this.#catchUp(key, () => this.#eraseFrom(store, key));
      return await store.set(key, sealEntry(key, entry), fenceFor(store, fence));
    } catch (error) {
      if (replaces) this.#quarantine.add(key);
      throw error;
    }
  }

  /**
   * Changes a key's entry, or removes it where nothing is to be left of it; whether there was one. In one turn: what is
   * read is what is replaced, whatever is to be changed meanwhile.
   */
  amend(
    key: Key,
    look: (store: AsyncStore) => Promise<Entry | undefined>,
    change: (entry: Entry) => Entry | undefined,
  ): Promise<boolean> {
    return this.#change(key, "run", async (store) => {
      const fence = await store.fence?.(key);
      const entry = this.hides(key) ? undefined : await look(store);
      const changed = entry && change(entry);
      if (changed === undefined) return (await this.#eraseFrom(store, key)) && entry !== undefined;
      return (await this.#replace(store, key, await this.#store.pack(changed), true, fence)) !== "fenced";
    });
  }

  /** Removes a key's entry. */
  remove(key: Key): Promise<boolean> {
    return this.#change(key, "remove", (store) => this.#eraseFrom(store, key));
  }

  /** Removes all entries. */
  removeAll(): Promise<unknown> {
    const cleared = this.#eraseAll();
    // What was on its way before may arrive after.
    const late = [...this.#lanes.keys()].map((key) => this.remove(key));
    return Promise.all([cleared, ...late]);
  }

  /** Sees to it that a key's entry is not served any more, without asking the store before it is read again. */
  async hide(key: Key): Promise<void> {
    // What is on its way would take the key out of quarantine, and then be there.
    if (this.#lanes.has(key)) await this.remove(key);
    else this.#quarantine.add(key);
  }

  /** Tries once more to carry out the removal that failed, if one is in the way of this key. */
  makeUp(key: Key): Promise<void> {
    return this.#catchUp(key, () => this.remove(key));
  }

  async #catchUp(key: Key, erase: () => Promise<boolean>): Promise<void> {
    // Another one's attempt serves too; a second one could remove what has been stored since.
    if (this.#quarantine.isTotal && this.#clears.length > 0) await this.#cleared;
    if (this.#quarantine.isTotal) await this.#eraseAll();
    else if (this.#quarantine.holds(key)) await erase();
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
}
