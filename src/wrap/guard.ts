/** The wall between the cache's own failures and the caller. */

import type { ErrorEvent, Hooks, RemovalReason } from "../config/index.js";
import type { DropReason } from "../contract/index.js";
import type { Entry } from "../entry.js";
import { ConfigurationError } from "../errors.js";
import type { Key } from "../keys/index.js";
import { programVoice, type Voice } from "../logging.js";
import { overhear } from "../promise.js";
import type { Counters } from "../stats.js";
import { isThenable } from "./one-shot.js";
import type { Trace } from "./trace.js";

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
  if (!overhear(answer) && !isThenable(answer)) return answer;
  throw new ConfigurationError("Expected an answer at once; got a promise. Give a function that is not asynchronous.");
}

/** Tells hooks and the log what happens in one cache, so that nothing of it reaches a caller as an error. */
export class Guard {
  readonly #name: string;
  readonly #hooks: Hooks;
  readonly #counters: Counters;
  readonly #voice: Voice;
  /** What has happened; `undefined`: nobody wants to know. */
  readonly trace: Trace | undefined;

  constructor(name: string, hooks: Hooks, counters: Counters, voice: Voice = programVoice, trace?: Trace) {
    this.#name = name;
    this.#hooks = hooks;
    this.#counters = counters;
    this.#voice = voice;
    this.trace = trace;
  }

  /** The guard of one of many instances: the same, but for what it remembers. */
  another(): Guard {
    return new Guard(this.#name, this.#hooks, this.#counters, this.#voice, this.trace?.another());
  }

  /** Whether anyone listens; asked before an event is made. */
  hears(hook: HookName): boolean {
    return this.#hooks[hook] !== undefined;
  }

  /** Calls a hook. What it throws, or its promise rejects with, is logged once. */
  tell<H extends HookName>(hook: H, event: EventOf<H>): void {
    const failed = (error: unknown): void =>
      this.#voice.warnOnce(`${this.#name}:${hook}`, `The hook ${hook} of the cache "${this.#name}" failed.`, {
        err: error,
      });
    try {
      // The union of all hooks takes no event that TypeScript could know; the name says which one it is.
      const result: unknown = (this.#hooks[hook] as ((event: EventOf<H>) => unknown) | undefined)?.(event);
      overhear(result, failed);
    } catch (error) {
      failed(error);
    }
  }

  /**
   * An operation of the engine failed: counted, told, and logged at most once a minute for each cause.
   *
   * @param key - That of the result which is not stored for it; left out where there is none.
   */
  engineFailed(operation: string, error: unknown, key?: Key): undefined {
    this.#counters.engineFailures += 1;
    this.trace?.note("engine", "failed", key, operation);
    const message = `The engine of the cache "${this.#name}" failed to ${operation}; the call went on without it.`;
    this.#voice.warnSometimes(`${this.#name}:engine:${codeOf(error) ?? operation}`, message, { err: error });
    this.#tellError(operation, error);
  }

  /** The engine has failed several times in a row, and is left alone for some milliseconds: logged, at most once a minute. */
  engineLeft(failures: number, pause: number, error: unknown): void {
    this.trace?.note("engine", "left alone");
    const often = failures === 1 ? "once" : `${failures} times in a row`;
    const message = `The engine of the cache "${this.#name}" failed ${often}; it is left alone for ${pause} ms at first, and calls go on without it. The option "breaker" says how often, and for how long.`;
    this.#voice.warnSometimes(`${this.#name}:breaker`, message, { err: error });
  }

  /** The engine that was left alone works again. */
  engineBack(): void {
    this.trace?.note("engine", "back");
    this.debug("The engine works again.", {});
  }

  /** The function failed where nobody waited, or a stale value was served: told, and logged at most once a minute. */
  loadFailed(error: unknown): undefined {
    const message = `The function of the cache "${this.#name}" failed; its last value stays in use.`;
    this.#voice.warnSometimes(`${this.#name}:load`, message, { err: error });
    this.#tellError("load", error);
  }

  /**
   * A function that was given as an option failed: told, and logged once.
   *
   * @param key - That of the call whose result is not stored for it; left out where there is none.
   */
  optionFailed(option: string, error: unknown, key?: Key): undefined {
    if (key !== undefined) this.trace?.note("refused", "option", key, `The option "${option}" failed.`);
    const message = `The option "${option}" of the cache "${this.#name}" failed; the call went on uncached.`;
    this.#voice.warnOnce(`${this.#name}:option:${option}`, message, { err: error });
    this.#tellError(option, error);
  }

  /** A result was not stored, for a reason that lies in the result. Counted; the first time for each reason, logged. */
  refused(reason: string, key: Key): undefined {
    this.#counters.refusals += 1;
    this.trace?.note("refused", "value", key, reason);
    const message = `A result of the cache "${this.#name}" was returned but not stored. ${reason}`;
    this.#voice.warnOnce(`${this.#name}:refused:${reason}`, message);
  }

  /** A result was not stored because an option said so: counted, and nobody's concern. */
  declined(option: string, key: Key): undefined {
    this.#counters.refusals += 1;
    this.trace?.note("refused", "option", key, `The option "${option}" said so.`);
  }

  /** A store let an entry go; which one, it may not know without reading it first. */
  dropped(key: Key | undefined, entry: Entry | undefined, reason: DropReason): void {
    this.trace?.note("removed", reason, key);
    if (key !== undefined && entry !== undefined) this.removed(key, entry, reason);
    else this.#count(reason);
  }

  /** What a store kept was not what it had been, and is gone: counted, and logged at most once a minute. */
  damaged(reason: string): void {
    this.#counters.damages += 1;
    this.trace?.note("removed", "damaged");
    const message = `An entry of the cache "${this.#name}" was damaged, and is made anew. ${reason}`;
    this.#voice.warnSometimes(`${this.#name}:damaged`, message);
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
    this.#voice.log("debug", message, { cache: this.#name, ...fields });
  }

  #tellError(operation: string, error: unknown): void {
    const event: ErrorEvent = { name: this.#name, operation, error };
    if (this.hears("onError")) this.tell("onError", event);
  }
}

/** What tells an error's cause, where it has a code: a disk that is full fails every operation. */
function codeOf(error: unknown): string | undefined {
  try {
    const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } };
    const [found] = [cause?.code, code].filter((one) => typeof one === "string");
    return found as string | undefined;
  } catch {
    // Not to be looked at, like a revoked proxy.
    return undefined;
  }
}
