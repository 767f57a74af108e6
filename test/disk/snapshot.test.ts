import { fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { KeyvSqlite } from "@keyv/sqlite";
import { afterEach, expect, it, vi } from "vitest";
import { connect } from "../../src/engines/sqlite/connection.js";
import { root } from "../support/build.js";
import { inTemporary } from "../support/disk-stores.js";

type Told = (error: Error | null, rows?: unknown[]) => void;
interface Statement {
  readonly sql: string;
  all(told: Told): unknown;
  finalize(): unknown;
}
const require = createRequire(createRequire(import.meta.url).resolve("@keyv/sqlite"));
const { Statement } = require("sqlite3") as { Statement: { prototype: Statement } };

afterEach(() => void vi.restoreAllMocks());

const WRITE = "INSERT INTO t VALUES (2)";
const LOOKUP = "SELECT id FROM t WHERE id = 1";

/**
 * The program hears what came of a write after what came of lookups, as one that is busy may. Tells of each statement when
 * something has come of it, whether that has been heard of or not.
 */
function busyProgram(): EventEmitter {
  const { all, finalize } = Statement.prototype;
  const done = new EventEmitter();
  const mayHear = once(done, "write");
  vi.spyOn(Statement.prototype, "all").mockImplementation(function (this: Statement, told) {
    return all.call(this, (...answer) => {
      if (this.sql === WRITE) void mayHear.then(() => told(...answer));
      else told(...answer);
      done.emit(this.sql, answer[0]);
    });
  });
  vi.spyOn(Statement.prototype, "finalize").mockImplementation(function (this: Statement) {
    if (this.sql !== WRITE) return finalize.call(this);
    return mayHear.then(() => finalize.call(this));
  });
  return done;
}

it("bug: a lookup found what another process had removed, while a write found the database locked", () =>
  inTemporary(async (cacheDir) => {
    const done = busyProgram();
    const connection = connect({ folderName: "f", cacheDir, secure: true, file: "sqlite.db" }, KeyvSqlite);
    const run = (sql: string): Promise<unknown> => connection.inTurn(() => connection.run(sql));
    await connection.ready();
    await run("CREATE TABLE t (id INTEGER)");
    await run("INSERT INTO t VALUES (1)");
    const other = fork(join(root, "test/fixtures/lock-holder.mjs"), [connection.path]);
    const ended = once(other, "exit");
    const tell = async (sql: string): Promise<void> => {
      other.send(sql);
      await once(other, "message");
    };
    try {
      await once(other, "message");
      await tell("BEGIN IMMEDIATE");
      const locked = once(done, WRITE);
      const write = run(WRITE);
      expect(await locked).toMatchObject([{ code: "SQLITE_BUSY" }]);
      const first = once(done, LOOKUP);
      const before = connection.run(LOOKUP);
      await first;
      await tell("DELETE FROM t; COMMIT");
      const second = once(done, LOOKUP);
      const after = connection.run(LOOKUP);
      await second;
      done.emit("write");
      expect(await after).toEqual([]);
      await Promise.all([before, write]);
      expect(await connection.run("SELECT id FROM t")).toEqual([{ id: 2 }]);
    } finally {
      other.kill();
      await ended;
      await connection.release();
    }
  }));
