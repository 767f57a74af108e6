/** What the config file says: data, never code. Options for all caches, and sections for caches by their names. */

import type { ConfigurationIssue } from "../errors.js";
import { warnOnce } from "../logging.js";
import { uniform } from "./check.js";
import { environment } from "./env.js";
import { configurationError, issue, show } from "./issue.js";
import { issuesOf } from "./issues.js";

/** The name of the file in the working directory, where the environment names none. */
const DEFAULT_NAME = "twat-cache.config.json";
/** Options that may be without a bound, which JSON has no number for. */
const UNBOUNDED = new Set(["maxSize", "maxBytes", "ttl"]);

/** The part of Node that is reached without an import, so that the library loads wherever JavaScript runs. */
interface Platform {
  getBuiltinModule?(name: "node:fs"): { readFileSync(path: string, encoding: "utf8"): string } | undefined;
}

type Options = Readonly<Record<string, unknown>>;

/** The options that are right. */
interface ConfigFile {
  /** For all caches. */
  readonly options: Options;
  /** For caches by their names, with what stands for all of them below. */
  readonly sections: ReadonlyMap<string, Options>;
}

const NOTHING: ConfigFile = { options: {}, sections: new Map() };

const files = new Map<string, ConfigFile>();

/**
 * What the config file says to a cache, by its name: that of `TWAT_CACHE_CONFIG`, or twat-cache.config.json. Each file is read once; what is
 * wrong with it is reported once, and left out, since the call that reads it must go on.
 */
export function readConfigFile(section: string | undefined): Options {
  const named = environment().TWAT_CACHE_CONFIG;
  const path = named === undefined || named === "" ? DEFAULT_NAME : named;
  const { options, sections } = files.get(path) ?? readAt(path, path === named);
  return sections.get(section ?? "") ?? options;
}

/** Forgets what was read. For tests. */
export function forgetConfigFiles(): void {
  files.clear();
}

function readAt(path: string, isExpected: boolean): ConfigFile {
  const data = dataAt(path, isExpected);
  const file = data === undefined ? NOTHING : judged(path, data);
  files.set(path, file);
  return file;
}

/** The object in a file; `undefined` where there is none. */
function dataAt(path: string, isExpected: boolean): Options | undefined {
  const text = textAt(path, isExpected);
  if (text === undefined) return undefined;
  const ignored = (why: string): void => warnOnce(`config:${path}`, `The config file ${path} is ignored: ${why}.`);
  try {
    // Some editors write a mark of the order of bytes at the beginning.
    const data: unknown = JSON.parse(text.replace(/^\uFEFF/, ""), withoutBound);
    if (isObject(data)) return data;
    ignored("expected a JSON object with options");
  } catch (error) {
    // The error's own words quote the file, which may hold secrets.
    const [, position] = /\bposition (\d+)/.exec((error as Error).message) ?? [];
    ignored(
      `expected JSON${position === undefined ? "" : `, which it is not in line ${lineAt(text, Number(position))}`}`,
    );
  }
  return undefined;
}

function textAt(path: string, isExpected: boolean): string | undefined {
  const fs = (globalThis as { process?: Platform }).process?.getBuiltinModule?.("node:fs");
  try {
    return fs?.readFileSync(path, "utf8");
  } catch (error) {
    const isAbsent = (error as { code?: unknown }).code === "ENOENT";
    if (!isAbsent || isExpected) warnOnce(`config:${path}`, `The config file ${path} is ignored.`, { err: error });
    return undefined;
  }
}

function withoutBound(name: string, value: unknown): unknown {
  return value === "Infinity" && UNBOUNDED.has(name) ? Number.POSITIVE_INFINITY : value;
}

function isObject(data: unknown): data is Options {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split("\n").length;
}

/** Options and sections without what is wrong with them, which is reported, each by where it stands. */
function judged(path: string, { caches, ...all }: Options): ConfigFile {
  const issues: ConfigurationIssue[] = [];
  const options = uniform(rightOnes(all, issuesOf("data", all), "", issues));
  const sections = new Map<string, Options>();
  if (caches !== undefined && !isObject(caches)) {
    issues.push(issue("caches", "an object with a section for each cache, by its name", show(caches)));
  }
  for (const [name, section] of Object.entries(isObject(caches) ? caches : {})) {
    if (!isObject(section)) {
      issues.push(issue(`caches.${name}`, "an object with options", show(section)));
      continue;
    }
    // What stands in a section may need what stands above it, or take its place.
    const { engine: _engine, memory: _memory, ...above } = options;
    const ofSection = issuesOf("data", { ...above, ...section }).filter(({ option }) => Object.hasOwn(section, option));
    sections.set(name, { ...options, ...uniform(rightOnes(section, ofSection, `caches.${name}.`, issues)) });
  }
  if (issues.length > 0) {
    const { message } = configurationError(`The config file ${path} is partly ignored`, issues);
    warnOnce(message, message);
  }
  return { options, sections };
}

/** The options without those that are wrong, which are added to the others of the file. */
function rightOnes(
  options: Options,
  wrong: readonly ConfigurationIssue[],
  where: string,
  issues: ConfigurationIssue[],
): Options {
  issues.push(...wrong.map((one) => ({ ...one, option: where + one.option })));
  const bad = new Set(wrong.map(({ option }) => option));
  return Object.fromEntries(Object.entries(options).filter(([option]) => !bad.has(option)));
}
