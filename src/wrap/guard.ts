/** The wall between the cache's own failures and the caller. */

import type { ErrorEvent, Hooks, RemovalReason } from "../config/index.js";
import type { DropReason } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { ConfigurationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { log, warnOnce, warnSometimes } from "../logging.js";
import type { Counters } from "../stats.js";
import { isPromise } from "./one-shot.js";

type HookName = keyof Hooks;
type EventOf<H extends HookName> = Parameters<NonNullable<Hooks[H]>>[0];

/** A function that was given as an option has thrown, or said what the option does not take. */
export class OptionFailure extends Error {
  readonly option: string;

  constructor(option: string, cause: unknown) {
    super(`The option "${option}" failed.`, { cause });
    this.option = option;
  }
}

/** Asks a function that was given as an option. What it says, it has to say {@link atOnce at once}. */
export function consult<T>(option: string, question: () => T): T {
  try {
    return atOnce(question());
  } catch (error) {
    throw new OptionFailure(option, error);
  }
}

/**
 * The answer of a function that was given as an option.
 *
 * @throws ConfigurationError when it is a promise, which would count as true, or as a key of its own. No call waits for
 * one; its rejection is nobody's any more.
 */
export function atOnce<T>(answer: T): T {
  if (!isPromise(answer)) return answer;
  answer.catch(() => undefined);
  throw new ConfigurationError("Expected an answer at once; got a promise. Give a function that is not asynchronous.");
}

/** Tells hooks and the log what happens in one cache, so that nothing of it reaches a caller as an error. */
export class Guard {
  readonly #name: string;
  readonly #hooks: Hooks;
  readonly #counters: Counters;

  constructor(name: string, hooks: Hooks, counters: Counters) {
    this.#name = name;
    this.#hooks = hooks;
    this.#counters = counters;
  }

  /** Whether anyone listens; asked before an event is made. */
  hears(hook: HookName): boolean {
    return this.#hooks[hook] !== undefined;
  }

  /** Calls a hook. What it throws, or its promise rejects with, is logged once. */
  tell<H extends HookName>(hook: H, event: EventOf<H>): void {
    const failed = (error: unknown): void =>
      warnOnce(`${this.#name}:${hook}`, `The hook ${hook} of the cache "${this.#name}" failed.`, { err: error });
    try {
      // The union of all hooks takes no event that TypeScript could know; the name says which one it is.
      const result: unknown = (this.#hooks[hook] as ((event: EventOf<H>) => unknown) | undefined)?.(event);
      if (isPromise(result)) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** An operation of the engine failed: counted, told, and logged at most once a minute for each cause. */
  engineFailed(operation: string, error: unknown): undefined {
    this.#counters.engineFailures += 1;
    const message = `The engine of the cache "${this.#name}" failed to ${operation}; the call went on without it.`;
    warnSometimes(`${this.#name}:engine:${codeOf(error) ?? operation}`, message, { err: error });
    this.#tellError(operation, error);
  }

  /** A function that was given as an option failed: told, and logged once. */
  optionFailed(option: string, error: unknown): undefined {
    const message = `The option "${option}" of the cache "${this.#name}" failed; the call went on uncached.`;
    warnOnce(`${this.#name}:option:${option}`, message, { err: error });
    this.#tellError(option, error);
  }

  /** A result was not stored, for a reason that lies in the result. Counted; the first time for each reason, logged. */
  refused(reason: string): undefined {
    this.#counters.refusals += 1;
    const message = `A result of the cache "${this.#name}" was returned but not stored. ${reason}`;
    warnOnce(`${this.#name}:refused:${reason}`, message);
  }

  /** A result was not stored because an option said so: counted, and nobody's concern. */
  declined(): undefined {
    this.#counters.refusals += 1;
  }

  /** A store let an entry go; which one, it may not know without reading it first. */
  dropped(key: Key | undefined, entry: Entry | undefined, reason: DropReason): void {
    if (key !== undefined && entry !== undefined) this.removed(key, entry, reason);
    else this.#count(reason);
  }

  /** What a store kept was not what it had been, and is gone: counted, and logged at most once a minute. */
  damaged(reason: string): void {
    this.#counters.damages += 1;
    const message = `An entry of the cache "${this.#name}" was damaged, and is made anew. ${reason}`;
    warnSometimes(`${this.#name}:damaged`, message);
  }

  /** An entry has left the store. */
  removed(key: Key, entry: Entry, reason: RemovalReason): void {
    this.#count(reason);
    if (this.hears("onEvict")) this.tell("onEvict", { name: this.#name, key, value: entry.value, reason });
  }

  #count(reason: RemovalReason): void {
    if (reason === "evicted") this.#counters.evictions += 1;
    if (reason === "expired") this.#counters.expirations += 1;
  }

  /** A step that is worth a line when someone looks for it. */
  debug(message: string, fields: object): void {
    log("debug", message, { cache: this.#name, ...fields });
  }

  #tellError(operation: string, error: unknown): void {
    const event: ErrorEvent = { name: this.#name, operation, error };
    if (this.hears("onError")) this.tell("onError", event);
  }
}

/** What tells an error's cause, where it has a code: a disk that is full fails every operation. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
  const [found] = [cause?.code, code].filter((one) => typeof one === "string");
  return found as string | undefined;
}
