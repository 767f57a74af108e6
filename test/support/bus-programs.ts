/** Programs of bus-child.ts that share a folder or a server. */

import { join } from "node:path";
import { type BusOrders, type StormReport, Truth } from "./bus-orders.js";
import { makeTemporary, removeTemporary } from "./disk-stores.js";
import { FenceProcess } from "./fence-process.js";
import { seed } from "./random.js";

/** What a program keeps in memory longer than any test takes. */
export const LONG = "1h";

/** Milliseconds in which a storm must be over, on a slow machine. */
const PATIENCE = 120_000;

/** See above. All of them end with `end`. */
export class BusPrograms {
  readonly directory: string = makeTemporary();
  readonly #program: string;
  readonly #orders: Pick<BusOrders, "engine" | "redis">;
  readonly #processes: FenceProcess[] = [];

  constructor(program: string, orders: Pick<BusOrders, "engine" | "redis">) {
    this.#program = program;
    this.#orders = orders;
  }

  get cacheDir(): string {
    return join(this.directory, "cache");
  }

  /** Starts a program; without `memory`, there is none in front. `redis`: another way to the server. */
  start(me: string, memory?: BusOrders["memory"], redis: string | undefined = this.#orders.redis): FenceProcess {
    const orders: BusOrders = {
      ...this.#orders,
      me,
      cacheDir: this.cacheDir,
      ...(memory !== undefined && { memory }),
      ...(redis !== undefined && { redis }),
    };
    const one = new FenceProcess(this.#program, orders, PATIENCE);
    this.#processes.push(one);
    return one;
  }

  /** Starts a program whose function answers at once. */
  startSync(me: string): FenceProcess {
    const orders: BusOrders = { ...this.#orders, me, cacheDir: this.cacheDir, sync: true };
    const one = new FenceProcess(this.#program, orders, PATIENCE);
    this.#processes.push(one);
    return one;
  }

  /** Ends all; what they have written to stderr. */
  async end(): Promise<string> {
    for (const one of this.#processes) {
      one.goOn();
      await one.kill();
    }
    removeTemporary(this.directory);
    return this.#processes.map(({ stderr }) => stderr).join("");
  }

  /** Lets programs read and change the same keys; what they have read that was older than it may be. */
  async storm(count: number, operations: number, pause: number): Promise<StormReport> {
    Truth.begin(this.directory);
    const all = Array.from({ length: count }, (_, i) => this.start(`storm-${i}`, LONG));
    const orders = { of: count, operations, seed, pause };
    const reports = (await Promise.all(
      all.map((one, me) => one.tell("storm", { ...orders, me })),
    )) as readonly StormReport[];
    const late = reports.flatMap((report) => report.late).sort((a, b) => b - a);
    const sum = (of: (report: StormReport) => number): number => reports.reduce((all, one) => all + of(one), 0);
    const [reads, changes] = [sum((one) => one.reads), sum((one) => one.changes)];
    console.log(
      `Storm, SEED=${seed}: ${reads} reads, ${changes} changes, ${late.length} late, worst ${late[0] ?? 0} ms.`,
    );
    return { reads, changes, late };
  }
}

/** Has a program read a key until it is in its memory; the value. */
export async function hold(one: FenceProcess, key: string): Promise<unknown> {
  await one.tell("call", key);
  await one.tell("call", key);
  return one.tell("call", key);
}

/** Asks again and again until the answer is yes; the milliseconds that it took. */
export async function until(bound: number, ask: () => Promise<boolean>): Promise<number> {
  const began = performance.now();
  for (;;) {
    const isSo = await ask();
    const took = performance.now() - began;
    if (isSo) return took;
    if (took > bound) throw new Error(`It is not so after ${bound} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
