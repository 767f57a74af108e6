/** The program test/fixtures/disk-child.mjs, while it runs. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What a cache of the program does. */
export type Kind = "bcache" | "fcache" | "sync";

/** An error as it comes out of the program. */
export interface ErrorSeen {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
}

/** What calls have come to. */
export interface Calls {
  /** Calls that gave something else than the function gives. */
  readonly wrong: readonly string[];
  /** How often the function ran. */
  readonly runs: number;
  readonly milliseconds: number;
}

/** A warning of the library. */
export interface Warning {
  readonly level: number;
  readonly msg: string;
  /** Of what is damaged. */
  readonly path?: string;
  readonly err?: { readonly message?: string };
}

/** Milliseconds after which a program that says nothing is taken to hang. */
const PATIENCE = 20_000;

/** See above. Commands are carried out one after the other. */
export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #answers: ((line: string) => void)[] = [];
  readonly #ended: Promise<number | null>;
  #stderr = "";

  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    // A rejection that nobody handles ends the program, and with it the test.
    const args = ["--unhandled-rejections=strict", program];
    const started = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: "", ...env } });
    this.#process = started;
    this.pid = started.pid ?? 0;
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: started.stdout }).on("line", (line) => this.#answers.shift()?.(line));
    this.#ended = new Promise((resolve) => started.once("close", (code) => resolve(code)));
  }

  /** All that was written to stderr. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The warnings that were written: lines of pino or, where that could not be loaded, of Node with the fields below. */
  get warnings(): readonly Warning[] {
    const text = this.#stderr
      .replaceAll(/^\(node:\d+\) TwatCacheWarning: (.*)\n\{(.*)\}$/gm, (_all, msg: string, fields: string) =>
        [`{"level":40,"msg":${JSON.stringify(msg)}`, ...(fields === "" ? [] : [fields])].join().concat("}"),
      )
      .replaceAll(/^\(Use `node --trace-warnings.*$/gm, "");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => (line.startsWith("{") ? (JSON.parse(line) as Warning) : { level: 60, msg: line }));
  }

  make(id: string, kind: Kind, options: object, bytes?: number): Promise<{ readonly error?: ErrorSeen }> {
    return this.#tell("make", { id, kind, options, bytes });
  }

  call(id: string, keys: readonly unknown[]): Promise<Calls> {
    return this.#tell("call", { id, keys });
  }

  /** From now on the function gives something else for a key, or for all of them. */
  change(id: string, key: number | "all"): Promise<object> {
    return this.#tell("change", { id, key });
  }

  handle(id: string, method: string, ...args: readonly unknown[]): Promise<{ value?: unknown; error?: ErrorSeen }> {
    return this.#tell("handle", { id, method, args });
  }

  info(id: string): Promise<{ readonly engine: string; readonly stats: { readonly hits: number } }> {
    return this.#tell("info", { id });
  }

  become(uid: number): Promise<object> {
    return this.#tell("become", { uid });
  }

  umask(mask: number): Promise<object> {
    return this.#tell("umask", { mask });
  }

  /** Tells the program to end; the code that it ended with. */
  end(): Promise<number | null> {
    this.#process.stdin?.end();
    return this.#ended;
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill("SIGKILL");
  }

  #tell<T>(command: string, rest: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new Error(`The program did not answer "${command}".\n${this.#stderr}`));
      }, PATIENCE);
      void this.#ended.then(() => {
        clearTimeout(timer);
        reject(new Error(`The program ended during "${command}".\n${this.#stderr}`));
      });
      this.#answers.push((line) => {
        clearTimeout(timer);
        resolve(JSON.parse(line) as T);
      });
      this.#process.stdin?.write(`${JSON.stringify({ command, ...rest })}\n`);
    });
  }
}
