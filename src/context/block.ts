/** What a block says to the calls inside it, from its beginning to its end. */

import { type BlockOptions, checkOptions } from "../config/index.js";
import { withEngine } from "../engines/index.js";
import { parseDuration } from "../quantity.js";
import type { Overrides } from "../scope.js";
import { runWith } from "./overrides.js";
import { RequestCaches } from "./request.js";

/** A block that was begun, and has to be ended. */
export interface Block {
  /** Runs the body inside the block. */
  run<T>(body: () => T): T;
  end(): void;
}

/**
 * Begins a block.
 *
 * @param label - Whose options they are, for the message.
 * @throws ConfigurationError for options that cannot work.
 */
export function beginBlock(options: BlockOptions, label: string): Block {
  const {
    bypass,
    refresh,
    ttl,
    namespace,
    scope,
    name: _name,
    ...defaults
  } = withEngine(checkOptions("block", options, label));
  const request = scope === "request" ? new RequestCaches() : undefined;
  const said: Overrides = {
    bypass,
    refresh,
    ttl: ttl === undefined ? undefined : parseDuration(ttl),
    namespace: namespace === undefined ? undefined : [namespace],
    request,
  };
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  const overrides: Overrides = { ...Object.fromEntries(given), defaults };
  return { run: (body) => runWith(overrides, body), end: () => request?.end() };
}
