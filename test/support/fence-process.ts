/** A program of fence-child.ts, or of another that takes commands as it does, while it runs. */

import { type ChildProcess, spawn } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type FenceOrders, holdFile, resultFile } from "./fence-orders.js";

/** Milliseconds of patience, where nothing else is said. */
const PATIENCE = 20_000;

/** What a program says. */
interface Line {
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly running?: string;
}

/** See above. */
export class FenceProcess {
  readonly #orders: Pick<FenceOrders, "me" | "cacheDir">;
  readonly #process: ChildProcess;
  readonly #patience: number;
  readonly #answers = new Map<number, (line: Line) => void>();
  readonly #ended: Promise<number | null>;
  readonly #begun: ((key: string) => void)[] = [];
  #last = 0;
  /** Everything that was written to stderr. */
  stderr = "";

  /** @param patience - Milliseconds after which a program that says nothing is taken to hang. */
  constructor(program: string, orders: Pick<FenceOrders, "me" | "cacheDir">, patience: number = PATIENCE) {
    this.#orders = orders;
    this.#patience = patience;
    const args = ["--unhandled-rejections=strict", program, JSON.stringify(orders)];
    const started = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: "" } });
    this.#process = started;
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    createInterface({ input: started.stdout }).on("line", (text) => this.#hear(JSON.parse(text) as Line));
    this.#ended = new Promise((resolve) => started.once("close", (code) => resolve(code)));
  }

  #hear(line: Line): void {
    if (line.running !== undefined) for (const told of this.#begun.splice(0)) told(line.running);
    if (line.number === undefined) return;
    this.#answers.get(line.number)?.(line);
    this.#answers.delete(line.number);
  }

  /** Carries out a command, or an operation of the handle. */
  tell(command: string, ...args: readonly unknown[]): Promise<unknown> {
    this.#last += 1;
    const number = this.#last;
    const answer = new Promise<Line>((resolve) => this.#answers.set(number, resolve));
    this.#process.stdin?.write(`${JSON.stringify({ number, command, args })}\n`);
    return this.#inTime(command, answer).then(({ value, error }) => {
      if (error !== undefined) throw new Error(`${command}: ${error}`);
      return value;
    });
  }

  /**
   * Begins something that runs the function, and waits until that runs; the function that is returned says what the run
   * comes to, and gives what comes of the whole.
   */
  async hold(command: string, key: string): Promise<(value: string) => Promise<unknown>> {
    const directory = join(this.#orders.cacheDir, "..");
    const hold = holdFile(directory, this.#orders.me, key);
    const run = 1 + ((await this.tell("runs")) as number);
    writeFileSync(hold, "");
    const begun = new Promise<string>((resolve) => this.#begun.push(resolve));
    const outcome = this.tell(command, key);
    outcome.catch(() => undefined);
    await this.#inTime(`${command} to run the function`, begun);
    return async (value) => {
      rmSync(hold);
      const result = resultFile(directory, this.#orders.me, key, run);
      writeFileSync(`${result}-draft`, value);
      renameSync(`${result}-draft`, result);
      return outcome;
    };
  }

  async #inTime<T>(what: string, done: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}.\n${this.stderr}`)), this.#patience);
      void this.#ended.then(() => reject(new Error(`The program ended before ${what}.\n${this.stderr}`)));
    });
    try {
      return await Promise.race([done, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops it, as a laptop does that goes to sleep. */
  stop(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Lets it go on. */
  goOn(): void {
    this.#process.kill("SIGCONT");
  }

  /** Says that there will be no more commands, and waits until it ends by itself; its exit code. */
  end(): Promise<number | null> {
    this.#process.stdin?.end();
    const ended = this.#ended;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`It does not end.\n${this.stderr}`)), this.#patience);
    });
    return Promise.race([ended, late]).finally(() => clearTimeout(timer));
  }

  /** Kills it. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }
}
