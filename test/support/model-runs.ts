/** Random runs of a model on a kind of store, until there were enough steps. */

import { expect } from "vitest";
import type { Kind } from "./every-kind.js";
import { createRandom, seed } from "./random.js";

/** Steps of a run. */
const EACH = 1_000;

/** What a model counts, so that a test sees that none of its rules is idle. */
interface Tally {
  steps: number;
  hits: number;
}

/** A model, and how many steps of it there are to be, in memory and on disk. */
interface Model<T extends Tally> {
  readonly tally: T;
  readonly steps: { readonly memory: number; readonly disk: number };
  run(kind: Kind, random: () => number, steps: number, tally: T): Promise<void>;
}

/** Runs it. */
export async function runModelOn<T extends Tally>(kind: Kind, { tally, steps, run }: Model<T>): Promise<void> {
  const random = createRandom(seed);
  const wanted = kind.isPersistent ? steps.disk : steps.memory;
  const each = kind.isPersistent ? EACH / 4 : EACH;
  while (tally.steps < wanted) await run(kind, createRandom(Math.floor(random() * 2 ** 32)), each, tally);
  expect(tally.hits).toBeGreaterThan(wanted / 20);
  if (kind.isPersistent) return;
  for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(wanted / 5_000);
}
