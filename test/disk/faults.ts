/** Things that happen to a disk, and how they are mended. */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ensureCacheDir } from "../../src/paths/index.js";
import { STRANGER } from "../paths/place.js";
import type { Child, Kind } from "./child.js";

/** When a fault comes: before the first call, between calls, or before something is to be removed. */
export const PHASES = ["before", "middle", "clear"] as const;

/** What a fault is done to. */
export interface Victim {
  /** A folder that everything lies in. */
  readonly base: string;
  readonly cacheDir: string;
  readonly child: Child;
}

/** See above. */
export interface Fault {
  readonly name: string;
  /** It can be made by the administrator only. */
  readonly isRoots?: boolean;
  /** Who the program is. */
  readonly uid?: number;
  /** Calls at a time. */
  readonly calls?: number;
  /** Prepares the place before there is anything. */
  prepare?(victim: Omit<Victim, "child">): void;
  apply(victim: Victim): void;
  lift(victim: Victim): void;
  /** Caches that cannot clear anything meanwhile, and must say so. */
  readonly refuses?: readonly Kind[];
  /** What was there before comes back afterwards, which no cache can know of: nothing changes meanwhile. */
  readonly reverts?: boolean;
  /** The caches mend it themselves: nothing needs to be said. */
  readonly heals?: boolean;
}

const DATABASES = ["sqlite.db", "better-sqlite3.db"];

const folders = ({ cacheDir }: Victim): string[] => PHASES.map((phase) => join(cacheDir, phase));
const databases = (victim: Victim): string[] =>
  folders(victim).flatMap((folder) => DATABASES.map((name) => join(folder, name)));
const removeAll = (paths: readonly string[]): void => {
  for (const path of paths) rmSync(path, { recursive: true, force: true });
};

/** Makes the folder that is not in use yet, as the library would. */
function ensureFolders({ cacheDir }: Victim): void {
  for (const phase of PHASES) ensureCacheDir(phase, { cacheDir });
}

/** A disk of its own; whoever mounts it unmounts it when the test is over. */
export function mountSmall(path: string, options: string): void {
  mkdirSync(path, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { timeout: 10_000 });
}

/** Ends all that was mounted below a folder. */
export function unmountAll(path: string): void {
  for (let left = 3; left > 0; left -= 1) {
    try {
      execFileSync("umount", ["-l", path], { timeout: 10_000, stdio: "ignore" });
    } catch {
      return;
    }
  }
}

function limit({ pid }: Child, what: string): void {
  execFileSync("prlimit", ["--pid", String(pid), `--${what}`], { timeout: 10_000 });
}

const hasPrlimit = (() => {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore", timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
})();

/** Everything in a folder and the folder itself, the outermost first. */
function tree(path: string): string[] {
  return [path, ...readdirSync(path, { recursive: true, encoding: "utf8" }).map((name) => join(path, name))];
}

const directoriesOf = (path: string): string[] => [
  path,
  ...readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((one) =>
    one.isDirectory() ? [join(one.parentPath, one.name)] : [],
  ),
];

/** A place whose owner the program is. */
const strangers = {
  isRoots: true,
  uid: STRANGER,
  prepare({ base, cacheDir }: Omit<Victim, "child">) {
    mkdirSync(cacheDir, { mode: 0o700 });
    for (const path of [base, cacheDir]) chownSync(path, STRANGER, STRANGER);
  },
};

const small = (options: string): Pick<Fault, "isRoots" | "prepare"> => ({
  isRoots: true,
  prepare: ({ cacheDir }) => mountSmall(cacheDir, options),
});

/** Replaces what is at paths, as a user's mistake would. */
const replace = (paths: readonly string[], make: (path: string) => void): void => {
  removeAll(paths);
  for (const path of paths) make(path);
};

let deleting: NodeJS.Timeout | undefined;

const limits: readonly Fault[] = [
  {
    name: "files may not grow (ulimit -f)",
    apply: ({ child }) => limit(child, "fsize=1024:"),
    lift: ({ child }) => limit(child, "fsize=unlimited:"),
  },
  {
    name: "40 open files at most (ulimit -n)",
    calls: 200,
    apply: ({ child }) => limit(child, "nofile=40:"),
    lift: ({ child }) => limit(child, "nofile=1024:"),
    heals: true,
  },
];

/** All of them. */
export const faults: readonly Fault[] = [
  {
    name: "the disk is full",
    ...small("size=2m"),
    apply({ cacheDir }) {
      const { bavail, bsize } = statfsSync(cacheDir);
      writeFileSync(join(cacheDir, "filler"), Buffer.alloc(bavail * bsize));
    },
    lift: ({ cacheDir }) => rmSync(join(cacheDir, "filler")),
  },
  {
    name: "the disk can take no more files",
    ...small("size=8m,nr_inodes=1000"),
    apply({ cacheDir }) {
      mkdirSync(join(cacheDir, "filler"));
      try {
        for (let n = 0; ; n += 1) writeFileSync(join(cacheDir, "filler", String(n)), "");
      } catch {
        // Full.
      }
    },
    lift: ({ cacheDir }) => rmSync(join(cacheDir, "filler"), { recursive: true }),
  },
  {
    name: "the disk is read-only",
    ...small("size=16m"),
    // A second mount of the same disk: the first one, which files are open on, cannot become read-only.
    apply({ cacheDir }) {
      execFileSync("mount", ["--bind", cacheDir, cacheDir]);
      execFileSync("mount", ["-o", "remount,ro,bind", cacheDir]);
    },
    lift: ({ cacheDir }) => void execFileSync("umount", ["-l", cacheDir]),
    refuses: ["fcache"],
  },
  ...(hasPrlimit ? limits : []),
  {
    name: "the folder may not be changed (chmod 0500)",
    ...strangers,
    apply(victim) {
      for (const path of folders(victim).filter((one) => existsSync(one))) {
        for (const directory of directoriesOf(path).reverse()) chmodSync(directory, 0o500);
      }
      chmodSync(victim.cacheDir, 0o500);
    },
    lift(victim) {
      chmodSync(victim.cacheDir, 0o700);
      for (const path of folders(victim).filter((one) => existsSync(one))) {
        for (const directory of directoriesOf(path)) chmodSync(directory, 0o700);
      }
    },
    refuses: ["fcache"],
  },
  {
    name: "the folder may not be entered (chmod 0)",
    ...strangers,
    apply: ({ cacheDir }) => chmodSync(cacheDir, 0),
    lift: ({ cacheDir }) => chmodSync(cacheDir, 0o700),
    refuses: ["bcache", "fcache", "sync"],
  },
  {
    name: "the directory above may not be changed, and cacheDir is gone",
    ...strangers,
    apply({ base, cacheDir }) {
      rmSync(cacheDir, { recursive: true });
      chmodSync(base, 0o555);
    },
    lift: ({ base }) => chmodSync(base, 0o755),
    refuses: ["bcache", "fcache", "sync"],
  },
  {
    name: "the folder is deleted",
    apply: (victim) => removeAll(folders(victim)),
    lift: () => undefined,
    heals: true,
  },
  {
    name: "the folder is deleted every 20 ms",
    apply(victim) {
      deleting = setInterval(() => {
        try {
          removeAll(folders(victim));
        } catch {
          // Something was put into it meanwhile.
        }
      }, 20);
    },
    lift: () => clearInterval(deleting),
    heals: true,
  },
  {
    name: "a file is in the folder's place",
    apply: (victim) => replace(folders(victim), (path) => writeFileSync(path, "a file")),
    lift: (victim) => removeAll(folders(victim)),
    refuses: ["bcache", "fcache", "sync"],
  },
  {
    name: "a file is in the place of cacheDir",
    apply: ({ cacheDir }) => replace([cacheDir], (path) => writeFileSync(path, "a file")),
    lift: ({ cacheDir }) => removeAll([cacheDir]),
    refuses: ["bcache", "fcache", "sync"],
  },
  {
    name: "the folder is moved away and back",
    reverts: true,
    apply: ({ cacheDir }) => existsSync(cacheDir) && renameSync(cacheDir, `${cacheDir}.away`),
    lift({ cacheDir }) {
      if (!existsSync(`${cacheDir}.away`)) return;
      rmSync(cacheDir, { recursive: true, force: true });
      renameSync(`${cacheDir}.away`, cacheDir);
    },
    heals: true,
  },
  {
    name: "the folder is replaced by a copy of itself",
    apply(victim) {
      for (const path of folders(victim).filter((one) => existsSync(one))) {
        cpSync(path, `${path}.copy`, { recursive: true });
        rmSync(path, { recursive: true });
        renameSync(`${path}.copy`, path);
      }
    },
    lift: () => undefined,
    heals: true,
  },
  {
    name: "a directory is in the place of the database",
    apply(victim) {
      ensureFolders(victim);
      replace(databases(victim), (path) => mkdirSync(path));
    },
    lift: (victim) => removeAll(databases(victim)),
    refuses: ["bcache", "sync"],
  },
  {
    name: "garbage is in the database",
    apply(victim) {
      ensureFolders(victim);
      for (const path of databases(victim)) writeFileSync(path, Buffer.alloc(9_000, "garbage"), { mode: 0o600 });
    },
    lift: () => undefined,
    heals: true,
  },
  {
    name: "a directory is in the place of the database's log",
    apply(victim) {
      ensureFolders(victim);
      replace(
        databases(victim).map((path) => `${path}-wal`),
        (path) => mkdirSync(path),
      );
    },
    lift: (victim) => removeAll(databases(victim).map((path) => `${path}-wal`)),
  },
  {
    name: "a file is in the place of a directory of the files",
    apply(victim) {
      ensureFolders(victim);
      for (const folder of folders(victim)) {
        const files = join(folder, "files");
        // Before the first call nobody knows what the directory of the cache will be called.
        const places = existsSync(files) ? readdirSync(files).map((name) => join(files, name, "index-v5")) : [files];
        replace(places, (path) => writeFileSync(path, "a file"));
      }
    },
    lift(victim) {
      for (const folder of folders(victim)) {
        const found = tree(folder).filter((path) => /(files|index-v5)$/.test(path));
        for (const path of found) rmSync(path, { recursive: true, force: true });
      }
    },
    heals: true,
  },
];
