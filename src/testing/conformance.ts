/** What every engine must do, as cases that any test runner can run. */

import type { Engine } from "../contract/index.js";
import { basicCases } from "./basic-cases.js";
import { capabilityCases } from "./capability-cases.js";
import type { ConformanceCase } from "./conformance-case.js";

export type { ConformanceCase } from "./conformance-case.js";

/**
 * The cases that an engine must pass, for any test runner.
 *
 * @example
 * ```ts
 * import { getEngineManager } from "twat-cache";
 * import { engineConformance } from "twat-cache/testing";
 * const map = getEngineManager().getEngine("map");
 * if (map !== undefined) {
 *   for (const { name, run } of engineConformance(map)) await run(); // or: test(name, run)
 * }
 * ```
 */
export function engineConformance(engine: Engine): readonly ConformanceCase[] {
  return [...basicCases(engine), ...capabilityCases(engine)];
}
