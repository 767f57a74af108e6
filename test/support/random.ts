/** Chance that can be repeated. */

/** Numbers from 0 up to 1 (mulberry32, by Tommy Ettinger, public domain). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The seed of this run, which `SEED` in the environment sets. Else it is always the same: a run of the tests judges a
 * change, and not the day. `npm run torture` looks for what other seeds find.
 */
export const seed: number = Number(process.env.SEED ?? 1);
