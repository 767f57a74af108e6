import { afterEach, beforeEach } from "vitest";
import { type CacheLogger, forgetWarnings, setLogger } from "../../src/logging.js";

/** A line that was logged. */
export interface Line {
  readonly level: keyof CacheLogger;
  readonly message: string;
  readonly fields: object;
}

/** Collects what the library logs during each test of the file, in place of stderr. */
export function collectLog(): Line[] {
  const lines: Line[] = [];
  const at =
    (level: keyof CacheLogger) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields });
  beforeEach(() => {
    lines.length = 0;
    forgetWarnings();
    setLogger({ debug: () => undefined, info: at("info"), warn: at("warn"), error: at("error") });
  });
  afterEach(() => setLogger(undefined));
  return lines;
}
