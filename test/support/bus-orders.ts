/** What a program of bus-child.ts is told, and the file in which all of them note what is true. */

import { closeSync, constants, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The name of the cache, and of its folder. */
export const BUS = "bus";

/** What a program is told when it starts. */
export interface BusOrders {
  readonly me: string;
  readonly engine: string;
  readonly cacheDir: string;
  /** Where the server is, for the engine `redis`. */
  readonly redis?: string;
  /** The function answers at once. */
  readonly sync?: boolean;
  /** The `ttl` of a memory in front; default: there is none. */
  readonly memory?: string | number;
}

/** A storm: many processes that read, and each changes its own keys. */
export interface StormOrders {
  /** The number of the process, and of all. */
  readonly me: number;
  readonly of: number;
  readonly operations: number;
  readonly seed: number;
  /** Milliseconds between two operations. */
  readonly pause: number;
}

/** What came of a storm in one process. */
export interface StormReport {
  readonly reads: number;
  readonly changes: number;
  /** How long ago, in milliseconds, something newer had been acknowledged when an old value was read, worst first. */
  readonly late: readonly number[];
}

/** Keys of each process. */
export const KEYS_EACH = 4;
/** Versions of each key, at most. */
const VERSIONS = 1_024;
const SLOT = 8;

/**
 * For each key its version, of which only one process makes the next, and the time at which each was acknowledged, on the
 * clock that all processes of the machine share.
 */
export class Truth {
  readonly #file: number;
  readonly #slot = Buffer.alloc(SLOT);

  constructor(directory: string) {
    this.#file = openSync(join(directory, "truth"), constants.O_RDWR);
  }

  static begin(directory: string): void {
    writeFileSync(join(directory, "truth"), "");
  }

  version(key: number): number {
    return Number(this.#read(key * VERSIONS));
  }

  raise(key: number): number {
    const next = this.version(key) + 1;
    if (next >= VERSIONS) throw new Error("Too many versions.");
    this.#write(key * VERSIONS, BigInt(next));
    return next;
  }

  acknowledge(key: number, version: number): void {
    this.#write(key * VERSIONS + version, process.hrtime.bigint());
  }

  /** Milliseconds since a version was acknowledged; 0: it was not, yet. */
  age(key: number, version: number, now: bigint): number {
    const at = this.#read(key * VERSIONS + version);
    return at === 0n || at > now ? 0 : Number(now - at) / 1e6;
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(slot: number): bigint {
    this.#slot.fill(0);
    readSync(this.#file, this.#slot, 0, SLOT, slot * SLOT);
    return this.#slot.readBigUInt64LE();
  }

  #write(slot: number, value: bigint): void {
    this.#slot.writeBigUInt64LE(value);
    writeSync(this.#file, this.#slot, 0, SLOT, slot * SLOT);
  }
}
