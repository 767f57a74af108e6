/**
 * What the library says to the people who run the program: pino, to stderr, level `warn`. Nothing is loaded before the
 * first line is written. Lines never hold a value, a key in clear, or a secret.
 */

import { overhear } from "./promise.js";
import { readYesOrNo } from "./yes-or-no.js";

/** The part of a pino logger that this library uses; any pino instance will do. */
export interface CacheLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How grave a line is. */
export type LogLevel = keyof CacheLogger;

/** What can be done with the levels: the library's four, and silence. */
export const LOG_LEVELS: readonly string[] = ["debug", "info", "warn", "error", "silent"];
/** Warnings told apart; beyond this the program has another problem than the next line of log. */
const MAX_CAUSES = 1_000;
/** A warning about a failure that goes on is repeated at most this often. */
const REPEAT_AFTER = 60_000;

/** The parts of Node that this file reaches without importing them, so that it loads wherever JavaScript runs. */
interface Platform {
  readonly env?: Readonly<Record<string, string | undefined>>;
  getBuiltinModule?(name: "node:module"): { createRequire(from: string): (id: string) => unknown } | undefined;
  emitWarning?(message: string, options: { type: string; detail?: string }): void;
}

interface Pino {
  (options: object, stream: unknown): CacheLogger;
  destination(options: object): unknown;
}

const platform: Platform | undefined = (globalThis as { process?: Platform }).process;

let own: CacheLogger | undefined;

/** Who is told what happens to some caches, and what was said already. */
export class Voice {
  readonly #otherwise: Voice | undefined;
  #chosen: CacheLogger | undefined;
  #causes = new Map<string, number>();

  /** @param otherwise - Speaks where no logger was chosen. Default: the library's own logger is used. */
  constructor(otherwise?: Voice) {
    this.#otherwise = otherwise;
  }

  /** Sends lines to a logger; `undefined` goes back to what there is otherwise. */
  setLogger(logger: CacheLogger | undefined): void {
    this.#chosen = logger;
  }

  /** Writes a line, if its level is at or above the configured one. A logger that fails is not the caller's problem. */
  log(level: LogLevel, message: string, fields: object = {}): void {
    const chosen = this.#chosen;
    if (chosen === undefined && this.#otherwise !== undefined) {
      this.#otherwise.log(level, message, fields);
      return;
    }
    if (chosen === undefined && LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(threshold())) return;
    const failed = (): void => platform?.emitWarning?.(message, { type: "TwatCacheWarning" });
    try {
      overhear((chosen ?? ownLogger())[level](fields, message), failed);
    } catch {
      failed();
    }
  }

  /** Writes a warning the first time that this cause comes up. */
  warnOnce(cause: string, message: string, fields?: object): void {
    if (this.#isNews(cause, Number.POSITIVE_INFINITY)) this.log("warn", message, fields);
  }

  /** Writes a warning about something that keeps failing: at most one a minute for each cause. */
  warnSometimes(cause: string, message: string, fields?: object): void {
    if (this.#isNews(cause, REPEAT_AFTER)) this.log("warn", message, fields);
  }

  /** Forgets which warnings were given. For tests. */
  forgetWarnings(): void {
    this.#causes = new Map();
  }

  #isNews(cause: string, after: number): boolean {
    const now = performance.now();
    const causes = this.#causes;
    const last = causes.get(cause);
    if (last !== undefined && now - last < after) return false;
    if (last === undefined && causes.size >= MAX_CAUSES) return false;
    causes.set(cause, now);
    if (last !== undefined || causes.size < MAX_CAUSES) return true;
    this.log("warn", `After ${MAX_CAUSES} different warnings, new ones are not written any more.`);
    return false;
  }
}

/** The program's: about all caches that are in no world of their own, and about what all caches share. */
export const programVoice: Voice = new Voice();

/**
 * Sends the library's lines to a logger of yours, any pino for instance; `undefined` goes back to the library's own.
 *
 * @example
 * ```ts
 * import { pino } from "pino";
 * import { setLogger } from "twat-cache";
 * setLogger(pino({ level: "silent" }));
 * ```
 */
export function setLogger(logger: CacheLogger | undefined): void {
  programVoice.setLogger(logger);
}

/** See {@link Voice.log}. */
export function log(level: LogLevel, message: string, fields?: object): void {
  programVoice.log(level, message, fields);
}

/** See {@link Voice.warnOnce}. */
export function warnOnce(cause: string, message: string, fields?: object): void {
  programVoice.warnOnce(cause, message, fields);
}

/** See {@link Voice.warnSometimes}. */
export function warnSometimes(cause: string, message: string, fields?: object): void {
  programVoice.warnSometimes(cause, message, fields);
}

/** See {@link Voice.forgetWarnings}. */
export function forgetWarnings(): void {
  programVoice.forgetWarnings();
}

function threshold(): string {
  const env = platform?.env ?? {};
  const level = env.TWAT_CACHE_LOG_LEVEL?.toLowerCase() ?? "";
  if (LOG_LEVELS.includes(level)) return level;
  return readYesOrNo(env.TWAT_CACHE_DEBUG ?? "") === true ? "debug" : "warn";
}

function ownLogger(): CacheLogger {
  own ??= makeLogger();
  return own ?? lastResort;
}

/** Where pino cannot be loaded: it is absent, or this process has too many files open, which will pass. */
const lastResort: CacheLogger = (() => {
  const worded = (_key: string, value: unknown): unknown =>
    value instanceof Error ? Object.assign({ message: value.message }, value) : value;
  const warn = (fields: object, message: string): void => {
    platform?.emitWarning?.(message, { type: "TwatCacheWarning", detail: JSON.stringify(fields, worded) });
  };
  return { debug: warn, info: warn, warn, error: warn };
})();

/** Pino, loaded at once and not in the background, so that the first line is not lost in a program that ends after it. */
function makeLogger(): CacheLogger | undefined {
  try {
    const require = platform?.getBuiltinModule?.("node:module")?.createRequire(import.meta.url);
    const pino = require?.("pino") as Pino;
    const file = platform?.env?.TWAT_CACHE_LOG_FILE;
    const target =
      file === undefined || file === "" ? { fd: 2 } : { dest: file, append: true, mkdir: true, mode: 0o600 };
    // Synchronous writes: a warning is rare, and a process that exits right after it must not swallow it.
    const logger = pino({ name: "twat-cache", level: "debug" }, pino.destination({ ...target, sync: true }));
    const level = platform?.env?.TWAT_CACHE_LOG_LEVEL;
    if (level !== undefined && !LOG_LEVELS.includes(level.toLowerCase())) {
      logger.warn({ level }, `TWAT_CACHE_LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}; "warn" is used.`);
    }
    return logger;
  } catch {
    return undefined;
  }
}
