/** One step of the chain: an engine that is wished for, and whether it will do. */

import { type ResolvedConfig, suggestion } from "../config/index.js";
import type { Availability, Engine, SyncEngine } from "../contract/index.js";
import type { EngineRegistry } from "../engines/index.js";
import { isAble } from "./able.js";

/** An engine that was not used, and why. */
export interface Skipped {
  readonly engine: string;
  /** A phrase: "it …". */
  readonly reason: string;
  /** Worth a warning: the user asked for it, or it should have worked. */
  readonly notable: boolean;
}

/** The name of an engine, given by name or as an object. */
export function nameOf(wish: string | Engine): string {
  return typeof wish === "string" ? wish : wish.name;
}

/** What is wished for, best first: the engine of the options and then, if another may stand in, the chain. */
export function wishesOf({ engine, fallback, disk }: ResolvedConfig, chain: readonly string[]): (string | Engine)[] {
  // In memory, engines differ in what they can do, and the chain is how one of them is found.
  if (engine === undefined) return fallback || disk === undefined ? [...chain] : chain.slice(0, 1);
  return fallback ? [engine, ...chain.filter((name) => name !== nameOf(engine))] : [engine];
}

/** The engine, if it exists and can do what is asked, or why not. Whether it is available is asked later. */
export function consider(
  wish: string | Engine,
  config: ResolvedConfig,
  kinds: readonly Engine["kind"][],
  engines: EngineRegistry,
): Engine | Skipped {
  const asked = config.engine === wish;
  const skip = (reason: string): Skipped => ({ engine: nameOf(wish), reason, notable: asked });
  const engine = typeof wish === "string" ? engines.named(wish) : wish;
  if (engine === undefined) {
    const hint = suggestion(nameOf(wish), engines.names()) ?? `there are ${engines.names().join(", ")}`;
    return skip(`it is not registered (${hint})`);
  }
  if (!kinds.includes(engine.kind)) return skip("it answers with promises, and this function must answer at once");
  const able = isAble(engine, config);
  return able === true ? engine : skip(able);
}

/** Why an engine that should have worked does not. */
export function failure(engine: Engine, reason: unknown): Skipped {
  return { engine: engine.name, reason: phraseOf(reason), notable: true };
}

function phraseOf(reason: unknown): string {
  try {
    return reason instanceof Error ? `it failed: ${reason.message}` : String(reason);
  } catch {
    // Not to be looked at, like a revoked proxy.
    return "it failed";
  }
}

/** Asks an engine whether it is available; one that throws, or whose promise rejects, is not. */
export function availability(engine: SyncEngine): Availability;
export function availability(engine: Engine): Availability | Promise<Availability>;
export function availability(engine: Engine): Availability | Promise<Availability> {
  const failed = (error: unknown): string => failure(engine, error).reason;
  try {
    const answer = engine.available();
    return answer instanceof Promise ? answer.catch(failed) : answer;
  } catch (error) {
    return failed(error);
  }
}
