/** Which engine suits some data: hard constraints first, then its size, then its type, then how it is used. */

import { suggestion } from "../config/index.js";
import { engines } from "../engines/index.js";
import { ConfigurationError } from "../errors.js";
import type { PolicyName } from "../policy/index.js";
import { engineOf } from "./asks.js";
import { chainFor, type Whereabouts } from "./chains.js";
import { DataSize, estimateDataSize } from "./data-size.js";
import {
  type DataKind,
  detectResultType,
  kindOfType,
  kindOfValue,
  type TypeReference,
  typeNameOf,
} from "./data-type.js";
import { AccessPattern, ConcurrencyLevel, DataPersistence, oneOf } from "./data-use.js";

/** What is known of the data, and of how it is used. All may be left out. */
export interface DataDescription {
  /** The data itself, or an example of it. What is not said besides is found out from it. */
  readonly data?: unknown;
  /** Its type: the name, or the class. Default: that of `data`. */
  readonly dataType?: TypeReference;
  /** Its size. Default: that of `data`. */
  readonly size?: DataSize;
  /** How long it has to last. Default: nothing is known of that. */
  readonly persistence?: DataPersistence;
  /** How it is used. Default: nothing is known of that. */
  readonly accessPattern?: AccessPattern;
  /** Who uses it at the same time. Default: nothing is known of that. */
  readonly concurrency?: ConcurrencyLevel;
  /** The engine, where that is settled. Default: it is not. */
  readonly engine?: string;
}

/** The engine that suits, and why. */
export interface DataSelection {
  /** Its name. Whether it can be used here was not asked. */
  readonly engine: string;
  /** The engines that stand in for it, best first. */
  readonly alternatives: readonly string[];
  /** Why it is that one, in words. */
  readonly reason: string;
  /** What decided. */
  readonly decidedBy: "engine" | "concurrency" | "persistence" | "size" | "type" | "access" | "nothing";
  /** The policy that suits the way in which the data is used, for an engine in memory; `undefined`: any does. */
  readonly policy: PolicyName | undefined;
}

/** A place, what decided, and the reason. */
type Verdict = readonly [where: Whereabouts, decidedBy: DataSelection["decidedBy"], reason: string];

/**
 * The engine that suits some data. What cannot be otherwise decides first: an engine that is named, then many machines (a
 * server), then many processes, then how long the data has to last. What these leave open, the size decides: small data
 * in memory, medium in a database, large in files. Then the type: bytes of medium size go into files. Where neither is
 * known, the way decides in which the data is used, which in any case may say a policy.
 *
 * It says what suits and asks no engine whether it can be used here: decorators have chains for that; see
 * {@link getAvailableBackend}.
 *
 * @throws ConfigurationError for an engine that does not exist, and for words that are none of those that there are.
 *
 * @example
 * ```ts
 * import { selectBackendForData } from "twat-cache";
 * console.log(selectBackendForData({ data: 42 }).engine); // => lru
 * const { engine, reason } = selectBackendForData({ data: 42, concurrency: "multi_process" });
 * console.log(`${engine}: ${reason}`); // => sqlite: many processes share it, which is what a disk is for; it is small
 * ```
 */
export function selectBackendForData(description: DataDescription = {}): DataSelection {
  const { engine, persistence, accessPattern, concurrency, size } = description;
  oneOf("size", DataSize, size);
  oneOf("persistence", DataPersistence, persistence);
  oneOf("accessPattern", AccessPattern, accessPattern);
  oneOf("concurrency", ConcurrencyLevel, concurrency);
  if (engine !== undefined) return settled(engine, accessPattern);
  const [where, decidedBy, reason] = constrained(description) ?? free(description);
  const [best = "map", ...alternatives] = chainFor(where);
  const policy = where === "memory" ? policyFor(accessPattern) : undefined;
  const isFrequency = policy === "lfu";
  return Object.freeze({
    engine: isFrequency ? "map" : best,
    alternatives: Object.freeze(isFrequency ? ["lru"] : alternatives),
    reason: isFrequency ? `${reason}; map evicts by how often a thing is used` : reason,
    decidedBy,
    policy,
  });
}

function settled(name: string, pattern: AccessPattern | undefined): DataSelection {
  const engine = engineOf(name)?.name;
  if (engine === undefined) {
    const hint = suggestion(name, engines.names()) ?? `there are ${engines.names().join(", ")}`;
    throw new ConfigurationError(`engine: expected the name of an engine; got ${JSON.stringify(name)} (${hint})`);
  }
  const reason = "it is the engine that was asked for";
  return Object.freeze({
    engine,
    alternatives: alternativesOf(engine),
    reason,
    decidedBy: "engine",
    policy: policyOn(engine, pattern),
  });
}

/** The engines that stand in for one, best first: the rest of the first chain that it is in. */
export function alternativesOf(engine: string): readonly string[] {
  const places: readonly Whereabouts[] = ["memory", "database", "files", "server"];
  const chains = places.map(chainFor);
  const chain = chains.find(([first]) => first === engine) ?? chains.find((one) => one.includes(engine));
  return Object.freeze((chain ?? chainFor("memory")).filter((name) => name !== engine));
}

/** What cannot be otherwise; `undefined`: nothing is said that would exclude anything. */
function constrained(description: DataDescription): Verdict | undefined {
  const { persistence, concurrency } = description;
  if (concurrency === "distributed") return ["server", "concurrency", "many machines share it, which takes a server"];
  const onDisk = (decidedBy: DataSelection["decidedBy"], why: string): Verdict => {
    const [where, , which] = bySize(description) ??
      byType(description) ?? ["database", "nothing", "nothing else is known"];
    return [where === "memory" ? "database" : where, decidedBy, `${why}; ${which}`];
  };
  if (concurrency === "multi_process") {
    return onDisk("concurrency", "many processes share it, which is what a disk is for");
  }
  if (persistence === "ephemeral") return ["memory", "persistence", "it need not outlive the process"];
  if (persistence === "session" || persistence === "long_term")
    return onDisk("persistence", "it has to outlive the process");
  return undefined;
}

function free(description: DataDescription): Verdict {
  return (
    bySize(description) ??
    byType(description) ??
    byAccess(description) ?? ["memory", "nothing", "nothing is known of it"]
  );
}

/** By its size; together with its type, where the size leaves that open. */
function bySize(description: DataDescription): Verdict | undefined {
  const size = description.size ?? ("data" in description ? estimateDataSize(description.data) : undefined);
  if (size === undefined) return undefined;
  if (size === "small") return ["memory", "size", "it is small"];
  if (size === "medium") {
    const kind = kindOf(description);
    return kind !== undefined && isForFiles(kind)
      ? ["files", "type", `it is of medium size, and ${WORDS[kind]} suit files`]
      : ["database", "size", "it is of medium size"];
  }
  return ["files", "size", size === "large" ? "it is large" : "it is very large"];
}

function byType(description: DataDescription): Verdict | undefined {
  const kind = kindOf(description);
  if (kind === undefined) return undefined;
  return [placeOfKind(kind), "type", `${nameIn(description)}: ${WORDS[kind]} suit ${PLACES[placeOfKind(kind)]}`];
}

function byAccess({ accessPattern }: DataDescription): Verdict | undefined {
  if (accessPattern === undefined) return undefined;
  if (accessPattern === "balanced") return ["database", "access", "it is read as often as it is written"];
  return ["memory", "access", `the pattern ${accessPattern} suits memory`];
}

/** The same for an engine that is settled: not one that it does not have. */
function policyOn(name: string, pattern: AccessPattern | undefined): PolicyName | undefined {
  const policy = policyFor(pattern);
  const { persistent, policies } = engines.named(name)?.capabilities ?? { persistent: true, policies: [] };
  return policy !== undefined && !persistent && policies.includes(policy) ? policy : undefined;
}

function policyFor(pattern: AccessPattern | undefined): PolicyName | undefined {
  if (pattern === undefined || pattern === "balanced") return undefined;
  return pattern === "frequency" ? "lfu" : "lru";
}

function kindOf(description: DataDescription): DataKind | undefined {
  if (description.dataType !== undefined) return kindOfType(description.dataType);
  return "data" in description ? kindOfValue(description.data) : undefined;
}

function nameIn({ data, dataType }: DataDescription): string {
  return dataType === undefined ? detectResultType(data) : typeNameOf(dataType);
}

const WORDS: Readonly<Record<DataKind, string>> = {
  plain: "plain values",
  instance: "instances of classes",
  bytes: "bytes",
  image: "images",
  table: "tables",
  promise: "results to come",
};
const PLACES: Readonly<Record<Whereabouts, string>> = {
  memory: "memory",
  database: "a database",
  files: "files",
  server: "a server",
};

const isForFiles = (kind: DataKind): boolean => placeOfKind(kind) === "files";

/** Where data of a kind is, of which nothing else is known. What is still to come is shared in memory by those who wait. */
export function placeOfKind(kind: DataKind): Whereabouts {
  if (kind === "plain" || kind === "promise") return "memory";
  return kind === "instance" ? "database" : "files";
}
