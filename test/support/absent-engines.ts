import { engines } from "../../src/engines/index.js";
import type { Engine } from "../../src/index.js";

/** What an engine says whose package is missing. */
export const ABSENT = "its package is not installed";

/** Does something where these engines cannot be used, as if their packages were not installed. */
export async function withoutEngines<T>(names: readonly string[], work: () => T | Promise<T>): Promise<T> {
  const present = names.map((name) => engines.named(name) as Engine);
  const available = (): string => ABSENT;
  for (const engine of present) {
    engines.register({ ...engine, available, ...("availableNow" in engine && { availableNow: available }) } as Engine);
  }
  try {
    return await work();
  } finally {
    for (const engine of present) engines.register(engine);
  }
}
