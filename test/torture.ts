/**
 * Long property tests: keys, and a model of a cache in memory under random operations. `SEED=…` repeats a run,
 * `MINUTES=…` (default 5) bounds it. Ends with 1 at the first thing that is wrong.
 */

import { createHash } from "node:crypto";
import { keyOf } from "../src/keys/index.js";
import { generateArguments } from "./support/arguments.js";
import { runModel } from "./support/model.js";
import { createRandom, seed } from "./support/random.js";

const minutes = Number(process.env.MINUTES ?? 5);
const end = Date.now() + minutes * 60_000;
console.log(`SEED=${seed} MINUTES=${minutes}`);

const random = createRandom(seed);
const digest = (text: string): string => createHash("sha1").update(text, "utf16le").digest().toString("latin1", 0, 9);
let lists = 0;
let steps = 0;
while (Date.now() < end) {
  const truths = new Map<string, string>();
  for (let i = 0; i < 500_000 && Date.now() < end; i += 1) {
    const { truth, make } = generateArguments(random);
    const key = keyOf(make());
    const keyDigest = digest(`${typeof key}${key}`);
    const truthDigest = digest(truth);
    const known = truths.get(keyDigest);
    if (known !== undefined && known !== truthDigest) throw new Error(`alias: ${truth}`);
    truths.set(keyDigest, truthDigest);
    lists += 1;
  }
  for (let i = 0; i < 50 && Date.now() < end; i += 1)
    steps += await runModel(createRandom(Math.floor(random() * 2 ** 32)), 2_000);
  console.log(`${lists} lists of arguments without an alias, ${steps} steps without a wrong value`);
}
