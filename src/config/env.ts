/** What the environment says: TWAT_CACHE_* variables, read when a cache is first used. */

import type { ConfigurationError, ConfigurationIssue } from "../errors.js";
import { warnOnce } from "../logging.js";
import { counterpartOfVariable } from "./foreign-names.js";
import { configurationError, issue, show } from "./issue.js";
import { issuesOf, suggestion } from "./issues.js";
import { PREFIX, SECRET_VARIABLES, variables } from "./variables.js";
import { wordsFor } from "./words.js";

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What variables say. */
export interface ReadEnvironment {
  /** The options that are right. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether `TWAT_CACHE_DISABLE` turns every cache off. */
  readonly disabled: boolean;
  /** What is wrong with the other variables. */
  readonly issues: readonly ConfigurationIssue[];
}

const SUBJECT = "These variables of the environment cannot be used";

/** The environment of this process; empty where there is none. */
export function environment(): Environment {
  return (globalThis as { process?: { env?: Environment } }).process?.env ?? {};
}

/**
 * The options that variables give.
 *
 * @throws ConfigurationError that lists every variable that cannot be used.
 */
export function checkedEnvironment(env: Environment): Readonly<Record<string, unknown>> {
  const { options, issues } = readEnvironment(env);
  if (issues.length > 0) throw configurationError(SUBJECT, issues);
  return options;
}

/** What the environment of this process says to a cache, whose first call must go on: what is wrong is reported once. */
export function heedEnvironment(): ReadEnvironment {
  const read = readEnvironment(environment());
  // The logger says by itself what it makes of its level.
  const issues = read.issues.filter(({ option }) => option !== `${PREFIX}LOG_LEVEL`);
  if (issues.length > 0) {
    const { message }: ConfigurationError = configurationError(SUBJECT, issues);
    warnOnce(message, message);
  }
  return read;
}

/** Reads variables; an empty one is one that is not set. */
function readEnvironment(env: Environment): ReadEnvironment {
  const texts = textsOf(env);
  const issues = [...texts.keys()].flatMap(strange);
  const wrong = (name: string): void => {
    const { option = name, expected } = variables[name] ?? {};
    const [words, hint] = expected === undefined ? wordsFor(option, true) : [expected];
    const received = SECRET_VARIABLES.has(name) ? "something else" : show(texts.get(name));
    issues.push(issue(PREFIX + name, words, received, hint));
  };
  const values: Record<string, unknown> = {};
  const named = new Map<string, string>();
  for (const [name, { option = name, read }] of Object.entries(variables)) {
    const text = texts.get(name);
    if (text === undefined) continue;
    values[option] = read(text);
    named.set(option, name);
    if (values[option] === undefined) wrong(name);
  }
  const server = values.redis ?? serverOf(values, named);
  const options = Object.fromEntries(
    Object.entries({ ...values, redis: server }).filter(([key, value]) => value !== undefined && !(key in variables)),
  );
  for (const { option } of issuesOf("data", options)) {
    wrong(named.get(option) ?? option);
    delete options[option];
  }
  return { options, disabled: values.DISABLE === true, issues };
}

/** Our variables that are set, by their names without what these begin with. */
function textsOf(env: Environment): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const variable of Object.keys(env)) {
    const text = variable.startsWith(PREFIX) ? env[variable] : undefined;
    if (text !== undefined && text !== "") texts.set(variable.slice(PREFIX.length), text);
  }
  return texts;
}

/** The server that is named by its parts; `undefined` where one of these is wrong: it may be another server. */
function serverOf(values: Readonly<Record<string, unknown>>, named: ReadonlyMap<string, string>): object | undefined {
  const parts = ["REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD"].filter((part) => named.has(part));
  if (parts.length === 0 || parts.some((part) => values[part] === undefined)) return undefined;
  const { REDIS_HOST: host = "localhost", REDIS_PORT: port = 6_379, REDIS_DB: database = 0 } = values;
  const { REDIS_PASSWORD: password } = values;
  return { socket: { host, port }, database, ...(password !== undefined && { password }) };
}

/** What to say of a variable that is not one of ours, but looks as if it were meant for one. */
function strange(name: string): readonly ConfigurationIssue[] {
  if (Object.hasOwn(variables, name)) return [];
  const { option, phrase } = counterpartOfVariable(name) ?? {};
  const meant = option === undefined ? undefined : `did you mean "${PREFIX}${option}"?`;
  const guess = suggestion(name, Object.keys(variables))?.replace('"', `"${PREFIX}`);
  const hint = phrase ?? meant ?? guess;
  return hint === undefined ? [] : [issue(PREFIX + name, "a variable that exists", "an unknown one", hint)];
}
