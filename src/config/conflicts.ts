/** Options that are right each for itself, and cannot go together. */

import { type Engine, isKeyvStore } from "../contract/index.js";
import type { ConfigurationIssue } from "../errors.js";
import { parseDuration } from "../quantity.js";
import { issue, show } from "./issue.js";
import { faultOfTiers, type Tiers, withoutTiers } from "./tiers.js";

type Options = Readonly<Record<string, unknown>>;

/**
 * What cannot go together in options, of which those in `invalid` are not looked at.
 *
 * @param isOuter - They are for all caches, each of which takes what is for it: some ask for a server, and some do not.
 */
export function conflictsOf(options: Options, invalid: readonly string[], isOuter: boolean): ConfigurationIssue[] {
  const isListOfTiers = options.tiers !== undefined && !invalid.includes("tiers");
  const ofTiers = isListOfTiers ? conflictsOfTiers(options) : [];
  const flat = isListOfTiers ? withoutTiers(options) : options;
  const ofServers = isOuter ? [] : conflictsOfServers(flat, (name) => isGiven(flat, name, invalid));
  return [...ofTiers, ...conflictsAmong(flat, invalid), ...ofServers];
}

function isGiven(options: Options, name: string, invalid: readonly string[]): boolean {
  return options[name] !== undefined && !invalid.includes(name);
}

/** What is wrong with tiers, and with what stands beside them. */
function conflictsOfTiers(options: Options): ConfigurationIssue[] {
  const others = ["engine", "memory"].filter((name) => options[name] !== undefined);
  const found = others.map((name) => issue(name, "none beside tiers, which say it", show(options[name])));
  const fault = faultOfTiers(options.tiers as Tiers);
  if (fault === undefined) return found;
  const expected = 'memories ("lru", "map"), and last an engine whose entries outlive the process, without bounds';
  return [...found, issue("tiers", expected, fault)];
}

/** Whether an engine, as it is written, is one on a server. */
function isOnServer(engine: unknown): boolean {
  return isKeyvStore(engine) || (engine as Partial<Engine> | undefined)?.capabilities?.location === "server";
}

/** What cannot go together where a server keeps the entries. */
function conflictsOfServers(options: Options, given: (name: string) => boolean): ConfigurationIssue[] {
  const found: ConfigurationIssue[] = [];
  const { engine } = options;
  if (given("redis") && engine !== undefined && engine !== "redis") {
    found.push(issue("redis", 'engine: "redis", or none', show(engine)));
  }
  if (!given("redis") && engine !== "redis" && !isOnServer(engine)) return found;
  if (options.sync === true) found.push(issue("sync", "false, since a server answers later", "true"));
  for (const name of ["maxSize", "maxBytes"]) {
    if (!given(name)) continue;
    const hint = "bound the server by its own settings, and a memory in front by memory: { maxSize }";
    found.push(issue(name, "none, since a server has bounds of its own", show(options[name]), hint));
  }
  return found;
}

/** What cannot go together wherever entries are kept. */
export function conflictsAmong(options: Options, invalid: readonly string[] = []): ConfigurationIssue[] {
  const found: ConfigurationIssue[] = [];
  const given = (name: string): boolean => isGiven(options, name, invalid);
  if (given("sizeOf") && options.maxBytes === undefined) {
    found.push(issue("sizeOf", "to stand beside maxBytes", "no maxBytes", "say how many bytes there may be"));
  }
  if (options.sync === true && given("memory") && options.memory !== false) {
    found.push(issue("memory", "no memory in front of an engine that answers at once", "sync: true", "leave it out"));
  }
  if (options.sync === true && given("lock") && options.lock !== false) {
    found.push(issue("lock", "a function that returns promises", "sync: true", "nothing can wait for other processes"));
  }
  if (given("thisKey") && options.scope === "instance") {
    found.push(issue("thisKey", 'scope: "shared"', 'scope: "instance"', 'leave "scope" out'));
  }
  return [...found, ...conflictsOfLoads(options, given)];
}

/** The same of options about values that are over, and about loads. */
function conflictsOfLoads(options: Options, given: (name: string) => boolean): ConfigurationIssue[] {
  const found: ConfigurationIssue[] = [];
  for (const other of ["staleWhileRevalidate", "staleIfError", "refreshAhead"]) {
    if (!given("idle") || !given(other)) continue;
    found.push(issue("idle", `to stand without ${other}`, "both", "nobody has asked for what is idle"));
  }
  if (given("softTimeout") && options.staleIfError === undefined) {
    found.push(issue("softTimeout", "to stand beside staleIfError", "no staleIfError", "for an error use hardTimeout"));
  }
  const [soft, hard] = [parseDuration(options.softTimeout), parseDuration(options.hardTimeout)];
  if (soft !== undefined && hard !== undefined && soft > hard) {
    found.push(issue("softTimeout", "to be no longer than hardTimeout", show(options.softTimeout)));
  }
  if (options.sync === true) {
    for (const name of ["staleWhileRevalidate", "refreshAhead", "softTimeout", "hardTimeout", "detectCycles"]) {
      if (!given(name)) continue;
      found.push(issue(name, "a function that returns promises", "sync: true", "nothing can go on in the background"));
    }
  }
  return found;
}
