/** Why there is nothing: by what is remembered of the key, as far as anything is. */

import type { Obstacle } from "../contract/index.js";
import type { MissReason } from "./explanation.js";
import type { Plan } from "./plan.js";
import type { Remembered } from "./trace.js";

/** Why a call is a miss, in words. */
export const WORDS: Readonly<Record<MissReason | Obstacle, string>> = {
  absent: "There is nothing: it was never stored, or is no longer there",
  "never-stored": "It was never stored",
  expired: "It is no longer fresh",
  ended: "It was ended by expire",
  invalidated: "It was invalidated",
  deleted: "It was removed by delete",
  cleared: "It was removed by clear",
  evicted: "It had to make room for others",
  refused: "The last result was returned, and not stored",
  failed: "The function failed last time, and nothing is there",
  gone: "It was stored, and is gone, though not by this cache",
  "code-changed": "It was made by other code of the same name: another source, version or deps",
  damaged: "What is there is not what was written",
  "changed-elsewhere": "Somebody else has changed or removed it",
  "held-too-long": "It has been in this memory for as long as it may be served from there",
  changing: "A change of it is under way, and until then it is not read",
  "removal-pending": "It was to be removed, which the engine has failed to do",
  "engine-failed": "The engine did not say what there is",
  "left-alone": "The engine has failed several times in a row, and is left alone for a while",
  refresh: "The block around the call asks for a new value",
};

/** What is remembered. */
export interface Past {
  /** Of the key, and of all keys together; the oldest first. */
  readonly events: readonly Remembered[];
  /** Nothing has been forgotten since the cache was made. */
  readonly isWhole: boolean;
}

/** Why, and more about it. */
export interface Absence {
  readonly reason: MissReason;
  readonly detail?: string | undefined;
}

const REMOVALS: Partial<Record<Remembered["by"], MissReason>> = {
  delete: "deleted",
  evicted: "evicted",
  expired: "expired",
  invalidated: "invalidated",
  damaged: "damaged",
};

/** See above. */
export function absent({ config, place }: Plan, { events, isWhole }: Past): Absence {
  for (let at = events.length - 1; at >= 0; at -= 1) {
    const found = meaningOf(events, at);
    if (found !== undefined) return found;
  }
  // What outlives the process may have been there before it.
  const isNever = isWhole && place === undefined;
  if (isNever) return { reason: "never-stored" };
  if (config.trace === 0) return { reason: "absent", detail: 'the option "trace" would remember which.' };
  const since = isWhole ? "since this cache was made" : `among the ${config.trace} events that are remembered`;
  return { reason: "absent", detail: `nothing is known of it ${since}.` };
}

/** What an event says of a key of which there is nothing now; `undefined`: nothing. */
function meaningOf(events: readonly Remembered[], at: number): Absence | undefined {
  const { event, by, key, detail } = events[at] as Remembered;
  if (event === "cleared") return wasStored(events, at) ? { reason: "cleared" } : undefined;
  if (key === undefined) return undefined;
  switch (event) {
    case "stored":
      return { reason: "gone", detail: goneSince(events, at) };
    case "refused":
      return { reason: "refused", detail: by === "overtaken" ? "it was invalidated while it was made." : detail };
    case "engine":
      return { reason: "refused", detail: `the engine failed to ${detail} it.` };
    case "failed":
      return { reason: "failed" };
    case "ended":
      return { reason: "ended" };
    default:
      return { reason: REMOVALS[by] ?? "absent", detail };
  }
}

function wasStored(events: readonly Remembered[], before: number): boolean {
  return events.slice(0, before).some(({ event, key }) => key !== undefined && event === "stored");
}

/** What may have taken away what was stored: some engines do not say which entries they let go. */
function goneSince(events: readonly Remembered[], at: number): string {
  const nameless = events.slice(at).filter(({ event, key }) => event === "removed" && key === undefined);
  if (nameless.length === 0) return "by another process, or by the engine.";
  const causes = [...new Set(nameless.map(({ by }) => by))].join(" or ");
  return `it may be among the ${nameless.length} that the engine has let go since, as ${causes}.`;
}
