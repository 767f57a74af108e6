/** Freshness, in random runs beside an oracle: test/support/freshness-model.ts. */

import { it } from "vitest";
import { emptyTally, runFreshness } from "../support/freshness-model.js";
import { kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { runModelOn } from "../support/model-runs.js";
import { seed } from "../support/random.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
expectNothingUnhandled();

it.each(kinds)(
  `random steps of all that there is about freshness, on $name (SEED=${seed})`,
  (kind) => runModelOn(kind, { tally: emptyTally(), steps: { memory: 52_000, disk: 1_500 }, run: runFreshness }),
  120_000,
);
