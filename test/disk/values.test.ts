import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeTemporary, removeTemporary } from "../support/disk-stores.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";
import { engineNames, generated, refusals, roundTrips, type Way } from "../support/round-trips.js";
import { codeRuns, kinds, refusedKinds } from "../support/values.js";

/** Generated values for each engine; `npm run torture` sends more. */
const COUNT = 2_000;

const options: readonly (readonly [string, NonNullable<Way["options"]>])[] = [
  ["as they are", {}],
  ["compressed and signed", { compress: { algorithm: "brotli", level: 1, minSize: 1 }, secret: "s".repeat(20) }],
  ["compressed and encrypted", { compress: true, encryptionKey: "0f".repeat(32) }],
];

let cacheDir = "";
beforeAll(() => {
  cacheDir = makeTemporary();
});
afterAll(() => removeTemporary(cacheDir), 60_000);
// A machine that is slow makes the library warn.
collectLog();

describe.each(await engineNames())("through the engine %s", (engine) => {
  it.each(options)("all kinds of values come back exactly, %s", async (what, chosen) => {
    expect(kinds.length).toBeGreaterThanOrEqual(60);
    const makers = kinds.map(({ make }) => make);
    const name = `kinds-${engine}-${what.replaceAll(/\W/g, "-")}`;
    expect(await roundTrips({ engine, cacheDir, name, options: chosen }, makers)).toBe(kinds.length);
  });

  it.each(options)("what cannot be kept exactly is returned, reported, and not stored, %s", async (what, chosen) => {
    const runs = codeRuns();
    const name = `refused-${engine}-${what.replaceAll(/\W/g, "-")}`;
    await refusals(
      { engine, cacheDir, name, options: chosen },
      refusedKinds.map(({ make }) => make),
    );
    expect(codeRuns() - runs).toBe(0);
  });

  it(`${COUNT} generated values come back exactly (SEED=${seed})`, async () => {
    const makers = generated(createRandom(seed), COUNT);
    expect(await roundTrips({ engine, cacheDir, name: `generated-${engine}` }, makers)).toBe(COUNT);
  });
});
