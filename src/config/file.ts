/** What the config file says: data, never code. */

import { warnOnce } from "../logging.js";

/** The name of the file in the working directory, where the environment names none. */
const DEFAULT_NAME = "twat-cache.config.json";

/** The part of Node that is reached without an import, so that the library loads wherever JavaScript runs. */
interface Platform {
  getBuiltinModule?(name: "node:fs"): { readFileSync(path: string, encoding: "utf8"): string } | undefined;
}

/** What was read: options that nobody has judged yet. */
export interface ConfigFile {
  /** `undefined`: there is no file. */
  readonly path: string | undefined;
  readonly options: object;
}

const files = new Map<string, ConfigFile>();

/** The options in the config file: that of `TWAT_CACHE_CONFIG`, or twat-cache.config.json. Each file is read once. */
export function readConfigFile(env: Readonly<Record<string, string | undefined>>): ConfigFile {
  const named = env.TWAT_CACHE_CONFIG;
  const path = named === undefined || named === "" ? DEFAULT_NAME : named;
  const known = files.get(path);
  if (known !== undefined) return known;
  const read = readAt(path, path === named);
  files.set(path, read);
  return read;
}

/** Forgets what was read. For tests. */
export function forgetConfigFiles(): void {
  files.clear();
}

function readAt(path: string, isExpected: boolean): ConfigFile {
  const none: ConfigFile = { path: undefined, options: {} };
  const fs = (globalThis as { process?: Platform }).process?.getBuiltinModule?.("node:fs");
  if (fs === undefined) return none;
  try {
    const data: unknown = JSON.parse(fs.readFileSync(path, "utf8"));
    if (typeof data === "object" && data !== null && !Array.isArray(data)) return { path, options: data };
    warnOnce(`config:${path}`, `The config file ${path} is ignored: expected a JSON object with options.`);
  } catch (error) {
    const isAbsent = (error as { code?: unknown }).code === "ENOENT";
    if (!isAbsent || isExpected) warnOnce(`config:${path}`, `The config file ${path} is ignored.`, { err: error });
  }
  return none;
}
