/** Options as they may be shown to whoever looks: without secrets. */

import { SECRET } from "./words.js";

/** What stands for what is not shown. */
export const REDACTED = "[redacted]";

/** Options of @redis/client that say which server it is, and nothing else. */
const OF_SERVER: ReadonlySet<string> = new Set(["socket", "host", "port", "path", "tls", "database", "name"]);

/** The value of an option without what nobody else should know; engines and codecs by their names. */
export function redacted(option: string, value: unknown): unknown {
  if (option === "redis") return typeof value === "string" ? withoutCredentials(value) : serverOf(value);
  if (SECRET.has(option)) return value === undefined ? undefined : REDACTED;
  if (option === "engine" || option === "codec") return nameOf(value);
  return value;
}

/** A URL as far as it says which server it is. */
function withoutCredentials(text: string): string {
  if (!URL.canParse(text)) return REDACTED;
  const { protocol, host, pathname, username, password, search } = new URL(text);
  const who = username === "" && password === "" ? "" : `${REDACTED}@`;
  return `${protocol}//${who}${host}${pathname}${search === "" ? "" : `?${REDACTED}`}`;
}

function serverOf(options: unknown): unknown {
  if (typeof options !== "object" || options === null) return options;
  const shown = Object.entries(options).map(([name, value]: [string, unknown]) => [name, partOf(name, value)]);
  return Object.freeze(Object.fromEntries(shown));
}

function partOf(name: string, value: unknown): unknown {
  if (name === "url" && typeof value === "string") return withoutCredentials(value);
  if (!OF_SERVER.has(name)) return REDACTED;
  if (name === "socket") return serverOf(value);
  return typeof value === "object" ? REDACTED : value;
}

/** Engines hold connections, which may hold secrets. */
function nameOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? (value as { readonly name?: unknown }).name : value;
}
