/** What every engine must do, in stores that are made of several. */

import { describe, expect, it } from "vitest";
import type { Engine } from "../../src/contract/index.js";
import { engineConformance } from "../../src/testing/index.js";
import { engineNamed } from "../support/disk-stores.js";
import { asyncEngine, openPair, openRouted, routedEngines, sidesOf, syncEngines } from "../support/routed-engines.js";

const hasSync = engineNamed("better-sqlite3").available() === true;

describe.each<Engine>([...routedEngines, ...(hasSync ? syncEngines("better-sqlite3") : [])])(
  "the store $name conforms",
  (engine) => {
    for (const { name, run } of engineConformance(engine)) it(name, run);
  },
);

describe("the conformance suite catches", () => {
  it("a memory that does not hear of what others remove", async () => {
    const deaf = asyncEngine("deaf", async (options) => {
      const far = await openPair(options);
      const watch = { now: () => ({}), isUnchanged: () => true, close: () => undefined };
      return openRouted(sidesOf.all as () => number, { ...far, watch: () => watch }, options);
    });
    const failed: string[] = [];
    for (const { name, run } of engineConformance(deaf)) await run().catch(() => failed.push(name));
    expect(failed).toContain("keeps out what was made before others removed it");
  });
});
