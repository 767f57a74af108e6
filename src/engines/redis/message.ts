/**
 * What processes tell each other of changes, in one line of text: "1 who owner id", or `*` for all entries; and how far
 * invalidations by tags have come: "1 tags epoch:count".
 */

import type { Server } from "../../contract/index.js";
import { ID_CHARACTERS } from "../../disk/index.js";

const MESSAGE = new RegExp(`^1 ([0-9a-f]{16}) ([0-9a-f]{32}) ([\\w-]{${ID_CHARACTERS}}|\\*)$`);

/** Where changes on a server are told. */
export function channelOf({ prefix }: Server): string {
  return `${prefix}changes`;
}

/** How far invalidations have come, in a message; `undefined` for what is none about that. */
export function tagsIn(text: string): string | undefined {
  return /^1 tags ([0-9a-f]+:\d+)$/.exec(text)?.[1];
}

/** What was changed, and by whom. */
export interface Message {
  /** Who: 16 hexadecimal digits by chance. */
  readonly who: string;
  /** Whose entries: 32 hexadecimal digits. */
  readonly owner: string;
  /** Which: the text of its id; `undefined`: all. */
  readonly id: string | undefined;
}

/** The message that something was changed. It holds no value, and nothing that says what a key is. */
export function writeMessage(who: string, owner: string, id: string | undefined): string {
  return `1 ${who} ${owner} ${id ?? "*"}`;
}

/** Reads a message; `undefined` for what is none, or one of another version. */
export function readMessage(text: string): Message | undefined {
  const [, who, owner, id] = MESSAGE.exec(text) ?? [];
  if (who === undefined || owner === undefined) return undefined;
  return { who, owner, id: id === "*" ? undefined : id };
}
