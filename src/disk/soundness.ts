/**
 * Whether a database is what it was. SQLite does not check its pages: where one bit of a key is another one, it looks for
 * other keys in the wrong place, does not find them, and finds them again after the next changes, as they were before.
 */

import { ResourceError } from "../errors.js";
import { APPLICATION_ID } from "./database-file.js";
import type { Steps } from "./steps.js";

/** Pages up to which a database is looked through when it is opened: some milliseconds' work. */
const MAX_PAGES = 512;

/**
 * Looks through a database that was just opened, if it is small. In a larger one, records that are out of order are found
 * by the walk for those that are over.
 *
 * Throws an error with SQLite's code for a database that is not to be used.
 */
export function* checkDatabase(): Steps<void> {
  const [id] = yield ["PRAGMA application_id"];
  if (id?.application_id !== APPLICATION_ID) throw unfit("The database is not one of this library.", "SQLITE_NOTADB");
  const [all] = yield ["PRAGMA page_count"];
  if (Number(all?.page_count) > MAX_PAGES) return;
  const [verdict] = yield ["PRAGMA integrity_check(1)"];
  if (verdict?.integrity_check !== "ok") throw unfit("The database is damaged.", "SQLITE_CORRUPT");
}

function unfit(message: string, code: string): ResourceError {
  return Object.assign(new ResourceError(message), { code });
}
