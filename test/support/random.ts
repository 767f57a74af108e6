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

/** The seed of this run: `SEED` in the environment repeats an earlier one. */
export const seed: number = Number(process.env.SEED ?? Date.now() % 1_000_000_000);
