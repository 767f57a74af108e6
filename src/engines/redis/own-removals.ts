/** What a store has removed itself, which keeps none of its own values out. */

import type { RedisFence } from "./reply.js";

/** Removals that are remembered. What is forgotten keeps values out as that of others does. */
const REMEMBERED = 1_000;

/** See above. */
export class OwnRemovals {
  /** By id: the number of the last one, and that of the removal before it, by whomever. */
  readonly #removals = new Map<string, { readonly at: RedisFence; readonly before: number }>();
  #cleared: RedisFence | undefined;

  removed(id: string, at: RedisFence, before: number): void {
    this.#removals.delete(id);
    this.#removals.set(id, { at, before });
    if (this.#removals.size <= REMEMBERED) return;
    for (const [oldest] of this.#removals) {
      this.#removals.delete(oldest);
      break;
    }
  }

  cleared(at: RedisFence): void {
    this.#removals.clear();
    this.#cleared = at;
  }

  /** A fence after the store's own removals, where nobody else has removed the entry between the two. */
  advance(id: string, fence: RedisFence): RedisFence {
    const { epoch } = fence;
    const cleared = this.#cleared;
    // Whatever came between a fence and a clear may have concerned the entry.
    const isNext = cleared !== undefined && cleared.epoch === epoch && fence.count === cleared.count - 1;
    const later = isNext ? cleared : fence;
    const own = this.#removals.get(id);
    if (own === undefined || own.at.epoch !== epoch || own.before > later.count) return later;
    return own.at.count > later.count ? own.at : later;
  }
}
