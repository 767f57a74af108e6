/** Tags, in random runs beside an oracle: test/support/tags-model.ts. */

import { it } from "vitest";
import { kinds } from "../support/kinds.js";
import { collectLog } from "../support/log.js";
import { runModelOn } from "../support/model-runs.js";
import { seed } from "../support/random.js";
import { emptyTagsTally, runTags } from "../support/tags-model.js";
import { expectNothingUnhandled } from "../support/unhandled.js";

collectLog();
expectNothingUnhandled();

it.each(kinds)(
  `random steps with tags, on $name (SEED=${seed})`,
  (kind) => runModelOn(kind, { tally: emptyTagsTally(), steps: { memory: 50_000, disk: 1_500 }, run: runTags }),
  120_000,
);
