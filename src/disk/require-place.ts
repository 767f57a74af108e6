/** What a persistent engine cannot do without. */

import type { Place, StoreOptions } from "../contract/index.js";
import { EngineError } from "../errors.js";

/**
 * Where a store is to keep its entries.
 *
 * @throws EngineError when it was not told.
 */
export function requirePlace({ name, place }: StoreOptions): Place {
  if (place === undefined) throw new EngineError(`The cache "${name}" has no place on disk.`);
  return place;
}

/** Why an engine whose package cannot be loaded is not available. */
export function reasonOf(packageName: string, error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const isAbsent = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
  if (isAbsent && String(message).includes(packageName)) {
    return `its package is not installed; run: npm install ${packageName}`;
  }
  const [firstLine] = String(message).split("\n");
  return `its package cannot be loaded (${firstLine}); run: npm rebuild, or npm install ${packageName}`;
}
