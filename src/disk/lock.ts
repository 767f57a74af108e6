/** Locks between processes, for what one of them is enough for. Nobody waits here. */

import { basename, dirname, join } from "node:path";
import { randomBytes } from "../node/crypto.js";
import { fs } from "../node/fs.js";

/** Milliseconds after which a lock is taken from whoever forgot it. No chore takes as long. */
const FORGOTTEN = 60_000;
/** Milliseconds by which the clock may be set back without a lock's being taken for one from before. */
const SKEW = 1_000;

/** A lock that is held, which is a file. */
export interface FileLock {
  /** Makes it as young as when it was taken; `false`: it was lost. */
  renew(): boolean;
  /** Gives it back. Nothing happens where it was lost. */
  release(): void;
}

/** Whether a lock is still its owner's, by what its file says and how many milliseconds ago it was taken or renewed. */
type IsHeld = (owner: string, age: number) => boolean;

/** Takes a lock; `undefined` when another process has it. The function that is returned gives it back. */
export function tryLock(path: string): (() => void) | undefined {
  const isHeld: IsHeld = (owner, age) => age < FORGOTTEN && (owner === "" || isAlive(Number(owner.split(" ")[0])));
  const lock = take(path, newMark(), isHeld);
  if (lock === undefined) return undefined;
  removeGraves(path);
  return () => lock.release();
}

/**
 * Takes a lock that is held for so many milliseconds, unless it is renewed; `undefined` when another process has it.
 * Nobody asks whether that process is there: it may be one that cannot be seen from here, as in another container.
 */
export function takeForAWhile(path: string, milliseconds: number): FileLock | undefined {
  return take(path, `${newMark()} ${milliseconds}`, isHeldFor(milliseconds));
}

/** Removes a lock that was taken for a while, if that is over. */
export function removeOver(path: string): void {
  takeAway(path, isHeldFor(FORGOTTEN));
}

/** By the time that its file says; one that does not say it yet is being taken right now. */
function isHeldFor(milliseconds: number): IsHeld {
  return (owner, age) => {
    const said = owner === "" ? milliseconds : Number(owner.split(" ")[2]);
    return age < said && age > -SKEW;
  };
}

function newMark(): string {
  return `${process.pid} ${randomBytes(8).toString("hex")}`;
}

function take(path: string, mark: string, isHeld: IsHeld): FileLock | undefined {
  if (!create(path, mark) && !(takeAway(path, isHeld) && create(path, mark))) return undefined;
  return {
    renew() {
      if (read(path) !== mark) return false;
      const now = Date.now() / 1_000;
      fs.utimesSync(path, now, now);
      return true;
    },
    release() {
      if (read(path) === mark) fs.rmSync(path, { force: true });
    },
  };
}

function create(path: string, mark: string): boolean {
  try {
    fs.writeFileSync(path, mark, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock whose owner is gone. */
function takeAway(path: string, isHeld: IsHeld): boolean {
  const owner = read(path);
  if (owner === undefined) return true;
  // One without a mark is being taken by another process right now, or that has died the moment before.
  if (isHeld(owner, ageOf(path))) return false;
  // Renamed first: of two who find the same lock forgotten, one gets it.
  const grave = `${path}.${process.pid}-${randomBytes(8).toString("hex")}`;
  try {
    fs.renameSync(path, grave);
  } catch {
    return false;
  }
  const isForgotten = read(grave) === owner && !isHeld(owner, ageOf(grave));
  // Another process has taken or renewed the lock in between: it gets it back.
  if (!isForgotten) putBack(grave, path);
  fs.rmSync(grave, { force: true });
  return isForgotten;
}

function ageOf(path: string): number {
  return Date.now() - (fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

/** Removes locks that were being taken away by processes that died over it. */
function removeGraves(path: string): void {
  const prefix = `${basename(path)}.`;
  for (const name of fs.readdirSync(dirname(path))) {
    const [, pid] = /^(\d+)-[0-9a-f]+$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : "") ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) fs.rmSync(join(dirname(path), name), { force: true });
  }
}

function putBack(grave: string, path: string): void {
  try {
    fs.linkSync(grave, path);
  } catch {
    // A third one has it by now. What is done under the lock is done twice then, which is no harm in itself.
  }
}

function read(path: string): string | undefined {
  try {
    return fs.readFileSync(path, "latin1");
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
