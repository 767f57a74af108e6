/** A directory for one subject, gone when its process is. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "twat-cache-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Keyv on @keyv/sqlite, as it comes, or with a write-ahead log and one fsync less. */
export async function openKeyv(tuned) {
  const [{ default: Keyv }, { KeyvSqlite }] = await Promise.all([import("keyv"), import("@keyv/sqlite")]);
  const store = new KeyvSqlite({ uri: `sqlite://${join(temporaryFolder(), "keyv.db")}` });
  if (tuned) {
    await store.query("PRAGMA journal_mode = WAL");
    await store.query("PRAGMA synchronous = NORMAL");
  }
  return new Keyv({ store });
}
