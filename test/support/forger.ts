/** Somebody who may write where the caches lie, and knows how records are made, but not the secret. */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { recordIdOf } from "../../src/disk/digest.js";
import { statementsFor, tableOf } from "../../src/disk/sql.js";
import type { Key } from "../../src/keys/index.js";
import { FOLDER, idOf } from "./disk-stores.js";

/** Bytes of a seal, at the end of a head, and of the number after it that says how long the head is. */
const SEAL = 32;
const LENGTH = 4;

/** A record, and where it is. */
export interface Lair {
  readonly engine: string;
  readonly cacheDir: string;
  /** The name of the cache. */
  readonly cache: string;
}

interface Database {
  exec(sql: string): void;
  prepare(sql: string): {
    all(...parameters: unknown[]): Record<string, unknown>[];
    run(...parameters: unknown[]): void;
  };
  close(): void;
}

/** What a key's record is filed under. */
export function fileNameOf(cache: string, key: Key, secret?: Uint8Array): string {
  return recordIdOf(secret, Buffer.from(idOf(cache), "hex").toString("latin1"), key).text;
}

function withDatabase<T>({ engine, cacheDir, cache }: Lair, work: (database: Database, table: string) => T): T {
  const Sqlite = createRequire(import.meta.url)("better-sqlite3") as new (path: string) => Database;
  const database = new Sqlite(join(cacheDir, FOLDER, `${engine}.db`));
  try {
    const owner = idOf(cache);
    database.exec(statementsFor(owner).create.join("; "));
    const table = tableOf(owner);
    return work(database, table);
  } finally {
    database.close();
  }
}

function pathIn({ cacheDir, cache }: Lair, kind: string, digest: string): string {
  const parts = [digest.slice(0, 2), digest.slice(2, 4), digest.slice(4)];
  return join(cacheDir, FOLDER, "files", idOf(cache), kind, ...parts);
}

const digestOf = (algorithm: string, bytes: string | Buffer): Buffer => createHash(algorithm).update(bytes).digest();

/** The line of a record in files. */
interface Line {
  key: string;
  integrity: string;
  size: number;
}

function lineOf(lair: Lair, id: string): { readonly path: string; readonly line: Line } {
  const path = pathIn(lair, "index-v5", digestOf("sha256", id).toString("hex"));
  const [, json = "{}"] = readFileSync(path, "utf8").split("\t");
  return { path, line: JSON.parse(json) as Line };
}

const contentIn = (lair: Lair, integrity: string): string =>
  pathIn(lair, "content-v2/sha256", Buffer.from(integrity.slice("sha256-".length), "base64").toString("hex"));

/** Steals a record. No store may be open there. */
export function readRecord(lair: Lair, id: string): Buffer {
  if (lair.engine === "file") return readFileSync(contentIn(lair, lineOf(lair, id).line.integrity));
  return withDatabase(lair, (database, table) => {
    const [row] = database.prepare(`SELECT record FROM ${table} WHERE id = ?`).all(id);
    return row?.record as Buffer;
  });
}

/** Plants a record, with everything around it as it should be. No store may be open there. */
export function writeRecord(lair: Lair, id: string, record: Buffer): void {
  if (lair.engine !== "file") {
    const sql = (table: string): string => `INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, NULL, ?)`;
    withDatabase(lair, (database, table) => database.prepare(sql(table)).run(id, 1, record.length, record));
    return;
  }
  const integrity = `sha256-${digestOf("sha256", record).toString("base64")}`;
  const content = contentIn(lair, integrity);
  mkdirSync(dirname(content), { recursive: true, mode: 0o700 });
  writeFileSync(content, record, { mode: 0o600 });
  const json = JSON.stringify({ key: id, integrity, time: 1, size: record.length });
  const path = pathIn(lair, "index-v5", digestOf("sha256", id).toString("hex"));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `\n${digestOf("sha1", json).toString("hex")}\t${json}`, { mode: 0o600 });
}

/** Another body and head in place of a record's own, sealed as far as that can be done without a secret. */
export function forge(record: Buffer, change: (head: Buffer, body: Buffer) => Buffer | undefined): Buffer {
  const end = record.length - LENGTH;
  const start = end - record.readUInt32BE(end);
  const head = Buffer.from(record.subarray(start, end));
  const body = change(head, record.subarray(0, start)) ?? record.subarray(0, start);
  const rest = head.subarray(0, head.length - SEAL);
  // By the number that says what the seal is of.
  const sealed = (head[4] ?? 0) < 2 ? Buffer.concat([body, rest]) : rest;
  return Buffer.concat([body, rest, digestOf("sha256", sealed), record.subarray(end)]);
}

/** Where things are in a head; see src/disk/head.ts. */
export const at = {
  version: 3,
  seal: 4,
  compression: 5,
  encrypted: 6,
  traits: 7,
  createdAt: 8,
  expiresAt: 16,
  length: 40,
  keyLength: 48,
  codecLength: 52,
  owner: 56,
  id: 88,
  codec: 164,
} as const;
