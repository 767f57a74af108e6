/** The commands that a program in a process of its own carries out, several at a time: see fence-process.ts. */

import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

export type Commands = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Says a line at once, so that it is said though the program is killed next. */
export function say(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Answers lines of the standard input by commands, or else by operations of a function's handle, until that ends. */
export async function serve(commands: Commands, handle: Commands): Promise<void> {
  const carryOut = async (text: string): Promise<void> => {
    const { number, command, args } = JSON.parse(text) as { number: number; command: string; args: unknown[] };
    try {
      const act = commands[command] ?? handle[command]?.bind(handle);
      say({ number, value: await act?.(...args) });
    } catch (error) {
      say({ number, error: String((error as Error).stack) });
    }
  };
  for await (const line of createInterface({ input: process.stdin })) void carryOut(line);
}
