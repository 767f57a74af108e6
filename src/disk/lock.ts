/** A lock between processes, for chores that one of them is enough for. Nobody waits for it. */

import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Milliseconds after which a lock is taken from whoever forgot it. No chore takes as long. */
const FORGOTTEN = 60_000;

/** Takes a lock, which is a file; `undefined` when another process has it. The function that is returned gives it back. */
export function tryLock(path: string): (() => void) | undefined {
  const mark = `${process.pid} ${randomBytes(8).toString("hex")}`;
  if (!create(path, mark) && !(takeAway(path) && create(path, mark))) return undefined;
  removeGraves(path);
  return () => {
    if (read(path) === mark) rmSync(path, { force: true });
  };
}

function create(path: string, mark: string): boolean {
  try {
    writeFileSync(path, mark, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock whose owner is gone. */
function takeAway(path: string): boolean {
  const owner = read(path);
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (owner === undefined) return true;
  // One without a mark is being taken by another process right now, or that has died the moment before.
  const isTaken = owner === "" || isAlive(Number(owner.split(" ")[0]));
  if (isTaken && age < FORGOTTEN) return false;
  // Renamed first: of two who find the same lock forgotten, one gets it.
  const grave = `${path}.${process.pid}-${randomBytes(8).toString("hex")}`;
  try {
    renameSync(path, grave);
  } catch {
    return false;
  }
  const isForgotten = read(grave) === owner;
  // Another process has taken the lock in between: it gets it back.
  if (!isForgotten) putBack(grave, path);
  rmSync(grave, { force: true });
  return isForgotten;
}

/** Removes locks that were being taken away by processes that died over it. */
function removeGraves(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    const [, pid] = /^(\d+)-[0-9a-f]+$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "") ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(dirname(path), name), { force: true });
  }
}

function putBack(grave: string, path: string): void {
  try {
    linkSync(grave, path);
  } catch {
    // A third one has it by now. What is done under the lock is done twice then, which is no harm in itself.
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Whether a process is there. One that may not be asked is. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
