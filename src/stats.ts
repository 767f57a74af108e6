/** Counting. The rules are written in docs/statistics.md; `hits + misses` is the number of calls. */

/** What one cache counts while it runs. A plain object of numbers: counting a hit is one addition. */
export class Counters {
  hits = 0;
  stale = 0;
  misses = 0;
  coalesced = 0;
  bypasses = 0;
  loads = 0;
  loadFailures = 0;
  loadTime = 0;
  refusals = 0;
  engineFailures = 0;
  skipped = 0;
  evictions = 0;
  expirations = 0;
  damages = 0;

  /** The function has run on the cache's behalf, since `started` by `performance.now()`. The milliseconds that it took. */
  loaded(started: number, succeeded: boolean): number {
    const took = performance.now() - started;
    this.loads += 1;
    this.loadTime += took;
    if (!succeeded) this.loadFailures += 1;
    return took;
  }

  /** Adds another cache's counts, or its figures, to these. */
  add(other: Counters | Statistics): void {
    this.hits += other.hits;
    this.stale += other.stale;
    this.misses += other.misses;
    this.coalesced += other.coalesced;
    this.bypasses += other.bypasses;
    this.loads += other.loads;
    this.loadFailures += other.loadFailures;
    this.loadTime += typeof other.loadTime === "number" ? other.loadTime : other.loadTime.total;
    this.refusals += other.refusals;
    this.engineFailures += other.engineFailures;
    this.skipped += other.skipped;
    this.evictions += other.evictions;
    this.expirations += other.expirations;
    this.damages += other.damages;
  }
}

/** The counts of one cache or of all of them, at one moment. Frozen; take two and subtract for a rate. */
export interface Statistics {
  /** Calls answered from the cache. */
  readonly hits: number;
  /** Calls answered with a value that was not fresh any more. They are hits, or misses whose load failed or took too long. */
  readonly stale: number;
  /** Calls not answered from the cache: `coalesced` and `bypasses` are among them. */
  readonly misses: number;
  /** Misses that waited for a load which another call had begun. */
  readonly coalesced: number;
  /** Misses that did not look into the cache: a block's `bypass`, `when` said no, or no key could be made. */
  readonly bypasses: number;
  /** How often the function ran to the end on the cache's behalf, whether it succeeded or failed. */
  readonly loads: number;
  /** Loads that threw or rejected. */
  readonly loadFailures: number;
  /** Results that were returned but not stored: one-shot results, `shouldCache` said no, too large, not copyable. */
  readonly refusals: number;
  /** Operations that the engine failed; the calls went on without it. */
  readonly engineFailures: number;
  /** Operations that were not tried, since the engine had failed several times in a row; the calls went on without it. */
  readonly skipped: number;
  /** Entries dropped to make room. */
  readonly evictions: number;
  /** Entries dropped because their TTL was over. */
  readonly expirations: number;
  /** Entries on disk that were not what had been written there, and were made anew. */
  readonly damages: number;
  /** `hits / (hits + misses)`; 0 before the first call. */
  readonly hitRatio: number;
  /** Time spent in loads, in milliseconds. */
  readonly loadTime: {
    readonly total: number;
    /** Total divided by loads; 0 before the first load. */
    readonly mean: number;
  };
  /** Estimate, in milliseconds: hits times the mean load time. */
  readonly timeSaved: number;
}

/** Turns counts into the figures that people read. */
export function summarize(counters: Counters): Statistics {
  const { hits, stale, misses, coalesced, bypasses, loads, loadFailures, refusals } = counters;
  const { engineFailures, skipped, evictions, expirations, damages, loadTime } = counters;
  const calls = hits + misses;
  const mean = loads === 0 ? 0 : loadTime / loads;
  return {
    hits,
    stale,
    misses,
    coalesced,
    bypasses,
    loads,
    loadFailures,
    refusals,
    engineFailures,
    skipped,
    evictions,
    expirations,
    damages,
    hitRatio: calls === 0 ? 0 : hits / calls,
    loadTime: Object.freeze({ total: loadTime, mean }),
    timeSaved: hits * mean,
  };
}
