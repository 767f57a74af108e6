import { expect, it } from "vitest";
import { runModel } from "./support/model.js";
import { createRandom, seed } from "./support/random.js";

it(`100,000 random operations: never a wrong value, never one that was removed, never one too old (SEED=${seed})`, async () => {
  const random = createRandom(seed);
  let steps = 0;
  for (let i = 0; i < 50; i += 1) steps += await runModel(createRandom(Math.floor(random() * 2 ** 32)), 2_000);
  expect(steps).toBe(100_000);
}, 120_000);
