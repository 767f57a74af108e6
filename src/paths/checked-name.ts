/** Refusing what cannot be a folder's name. */

import { ConfigurationError } from "../errors.js";
import { FOLDER_NAME_WORDS, isFolderName } from "../folder-name.js";

/** Longer names are cut in messages. */
const MAX_SHOWN = 60;

/** Throws a `ConfigurationError` for a text that cannot be a folder's name. */
export function checkFolderName(text: string): void {
  if (isFolderName(text)) return;
  const received = typeof text === "string" ? shown(text) : typeof text;
  throw new ConfigurationError(`Cache folder: folderName must be ${FOLDER_NAME_WORDS}; got ${received}`, [
    { option: "folderName", expected: FOLDER_NAME_WORDS, received },
  ]);
}

function shown(text: string): string {
  return JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);
}
