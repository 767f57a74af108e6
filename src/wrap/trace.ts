/** The last events of one cache, remembered where the option `trace` asks for it: keys and times, and no values. */

import { type Key, readableKey } from "../keys/index.js";

/**
 * What happened. `"stored"`: an entry is there. `"refused"`: a result was returned and not stored. `"failed"`: the function
 * threw. `"ended"`: an entry is no longer fresh by `expire`. `"removed"`: an entry has left. `"cleared"`: all have.
 * `"invalidated"`: all with one of some tags. `"engine"`: the engine failed, was left alone, or is back.
 */
export type TraceEventName =
  | "stored"
  | "refused"
  | "failed"
  | "ended"
  | "removed"
  | "cleared"
  | "invalidated"
  | "engine";

/** By what it happened: an operation of the handle, a call (`"load"`), or a reason of the cache's or the engine's own. */
export type TraceCause =
  | "load"
  | "refresh"
  | "set"
  | "delete"
  | "expire"
  | "clear"
  | "invalidateTags"
  | "evicted"
  | "expired"
  | "invalidated"
  | "damaged"
  | "value"
  | "option"
  | "overtaken"
  | "failed"
  | "left alone"
  | "back";

/** One event of a cache. */
export interface TraceEvent {
  /** When the cache noticed it, by its clock. */
  readonly at: number;
  readonly event: TraceEventName;
  readonly by: TraceCause;
  /**
   * The arguments of the call, as they count in the key; of long ones a digest. `undefined`: it is about no single key, or
   * the engine does not say which it was.
   */
  readonly key: string | undefined;
  /** More about it: which tags, which operation, which refusal. */
  readonly detail: string | undefined;
}

/** The same as it is remembered. */
export interface Remembered extends Omit<TraceEvent, "key"> {
  readonly key: Key | undefined;
}

/** Longer keys are remembered by their digest, so that what is remembered stays small. */
const MAX_KEY = 200;
/** From this length on a text may be a part of a longer one, all of which it would keep in memory; a copy is not. */
const MIN_COPIED = 13;

/** The events of a cache. */
export class Trace {
  readonly #size: number;
  readonly #now: () => number;
  readonly #ring: Remembered[] = [];
  /** Events that there have been. */
  #count = 0;

  /** @param size - How many events are remembered, 1 or more. */
  constructor(size: number, now: () => number) {
    this.#size = size;
    this.#now = now;
  }

  /** The same for one of many instances, with a memory of its own. */
  another(): Trace {
    return new Trace(this.#size, this.#now);
  }

  /** Whether nothing has been forgotten. */
  get isWhole(): boolean {
    return this.#count <= this.#size;
  }

  /** Notes an event. */
  note(event: TraceEventName, by: TraceCause, key?: Key, detail?: string): void {
    const remembered = { at: this.#now(), event, by, key: key === undefined ? key : shortKey(key), detail };
    this.#ring[this.#count % this.#size] = remembered;
    this.#count += 1;
  }

  /** What is remembered, the oldest first. */
  get all(): readonly Remembered[] {
    const first = this.isWhole ? 0 : this.#count % this.#size;
    return [...this.#ring.slice(first), ...this.#ring.slice(0, first)];
  }

  /** What is remembered of a key and, where that is of concern to it, of none. */
  of(key: Key): readonly Remembered[] {
    const short = shortKey(key);
    return this.all.filter((one) => one.key === short || (one.key === undefined && one.event !== "engine"));
  }
}

/** An event as it is told. */
export function told({ at, event, by, key, detail }: Remembered): TraceEvent {
  return Object.freeze({ at, event, by, key: key === undefined ? key : keyText(key), detail });
}

/** Notes that a result is not stored, since its key, or a tag of it, was invalidated while it was made. */
export function overtaken({ guard }: { readonly guard: { readonly trace: Trace | undefined } }, key: Key): false {
  guard.trace?.note("refused", "overtaken", key);
  return false;
}

/** A key as it is remembered: itself or, of a long one, a digest that no other key is equal to by accident. */
function shortKey(key: Key): Key {
  if (typeof key === "number" || key.length < MIN_COPIED) return key;
  if (key.length <= MAX_KEY) return JSON.parse(JSON.stringify(key)) as string;
  return `${LONG}${key.length}:${digestOf(key)}`;
}

/** What the digest of a long key begins with: an encoded key never does. */
const LONG = "\0~";

function keyText(key: Key): string {
  if (typeof key === "string" && key.startsWith(LONG)) return `#${key.slice(LONG.length)}`;
  const { args, namespace, self } = readableKey(key);
  const prefix = namespace === undefined ? "" : `${namespace}: `;
  return `${prefix}${self === undefined ? "" : `(${self}) `}${args}`;
}

/** Two sums over all characters, of 64 bits together: enough to tell the keys of a few thousand events apart. */
function digestOf(text: string): string {
  let one = 0xdead_beef;
  let two = 0x41c6_ce57;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    one = Math.imul((one << 5) ^ (one >>> 27) ^ unit, 0x9e37_79b1);
    two = Math.imul((two << 7) ^ (two >>> 25) ^ unit, 0x5f35_6495);
  }
  const hex = (sum: number): string => (sum >>> 0).toString(16).padStart(8, "0");
  return hex(two) + hex(one);
}
