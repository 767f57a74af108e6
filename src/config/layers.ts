/** Who has a say about a cache: layers of options, of which the nearer goes before the farther. */

import { uniform } from "./check.js";
import { conflictsAmong } from "./conflicts.js";
import { defaultOptions } from "./defaults.js";
import { heedEnvironment } from "./env.js";
import { readConfigFile } from "./file.js";

/** Where an option comes from. */
export type LayerName = "option" | "world" | "block" | "environment" | "file" | "defaults" | "built-in";

type Options = Readonly<Record<string, unknown>>;

/** What one of them says. */
export interface Layer {
  readonly name: LayerName;
  readonly options: Options;
}

/** What is known of a cache where it is made. */
export interface Making {
  /** What the cache is called: its section in the config file. */
  readonly section: string | undefined;
  /** The options at the call. */
  readonly options: object;
  /** Defaults of the world that it is in; see `createCache`. */
  readonly world?: object | undefined;
  /** Defaults of the block around it. */
  readonly block?: object | undefined;
  /** The entries are to outlive the process. */
  readonly isPersistent: boolean;
}

/** All that is said about one cache. */
export interface Layers {
  /** The nearest first. What is built in is not among them, since it depends on what is said. */
  readonly list: readonly Layer[];
  /** All of them, as one set of options. */
  readonly merged: Options;
  /** The options at the call. */
  readonly own: Options;
  readonly isPersistent: boolean;
  /** `TWAT_CACHE_DISABLE` turns the cache off, whatever they say. */
  readonly disabled: boolean;
}

/** Options that only caches in memory have. */
const IN_MEMORY = ["policy", "sizeOf", "idle"];

/**
 * What is said about a cache, at this moment: environment and config file are read here and nowhere else. What is bad in
 * these two is reported once and left out, since the call that reads them must go on.
 */
export function layersOf({ section, options, world = {}, block = {}, isPersistent }: Making): Layers {
  const environment = heedEnvironment();
  const own = options as Options;
  const outer: readonly Layer[] = [
    { name: "world", options: world as Options },
    { name: "block", options: block as Options },
    { name: "environment", options: environment.options },
    { name: "file", options: readConfigFile(section) },
    { name: "defaults", options: defaultOptions() },
  ];
  const list: Layer[] = [{ name: "option", options: own }];
  let merged = own;
  for (const { name, options: said } of outer) {
    // Most say nothing, and each cache keeps what is said.
    if (Object.keys(said).length === 0) continue;
    const fitting = thoseThatFit(forKind(uniform(said), isPersistent), merged);
    list.push({ name, options: fitting });
    merged = { ...fitting, ...merged };
  }
  return { list, merged, own, isPersistent, disabled: environment.disabled };
}

/** Options without those that make no sense for caches of this kind. */
function forKind(options: Options, isPersistent: boolean): Options {
  if (!isPersistent) return options;
  return Object.fromEntries(Object.entries(options).filter(([option]) => !IN_MEMORY.includes(option)));
}

/** A layer without what cannot go together with nearer ones, which were written with this cache in mind. */
function thoseThatFit(options: Options, nearer: Options): Options {
  const fits = (added: Options): boolean => conflictsAmong({ ...added, ...nearer }).length === 0;
  if (fits(options)) return options;
  let fitting: Options = {};
  // One may need another one that comes after it.
  for (let before = -1; before < Object.keys(fitting).length; ) {
    before = Object.keys(fitting).length;
    for (const [option, value] of Object.entries(options)) {
      if (!(option in fitting) && fits({ ...fitting, [option]: value })) fitting = { ...fitting, [option]: value };
    }
  }
  return fitting;
}
