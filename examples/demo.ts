/**
 * The main job on real input: the dependency tree that is installed beside this file. Reads every package's manifest,
 * resolves the dependency closure of each package, digests, weighs and bundles files; everything twice, to see what the
 * caches save; then a source that becomes slow and fails. What is cached on disk is there again when the demo runs a
 * second time. `--clear` removes it.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import {
  acache,
  bcache,
  cacheOf,
  clearCacheDir,
  closeCaches,
  fcache,
  getCacheDir,
  getStats,
  mcache,
  setLogger,
  ucache,
} from "twat-cache";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));
/** The folder for what is cached on disk, in the directory for caches. */
const FOLDER = "twat-cache-demo";

if (process.argv.includes("--clear")) {
  const where = getCacheDir(FOLDER);
  console.log((await clearCacheDir(FOLDER)) === 0 ? `There is no ${where}.` : `${where} is removed.`);
  process.exit();
}

/** The manifest of the package in a folder. */
const manifest = mcache(function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
});

/** Where Node would find a dependency of the package in a folder. */
const locate = mcache(
  function locate(from: string, dependency: string): string | undefined {
    for (let folder = from; folder.startsWith(root.slice(0, -1)); folder = dirname(folder)) {
      const candidate = join(folder, "node_modules", dependency);
      if (existsSync(join(candidate, "package.json"))) return candidate;
    }
    return undefined;
  },
  { maxSize: 10_000 },
);

/** All packages that the one in a folder needs, directly or not. */
const closure = mcache(function closure(folder: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const dependency of Object.keys(manifest(next).dependencies ?? {})) {
      const place = locate(next, dependency);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      waiting.push(place);
    }
  }
  return found;
});

/** The digest of a file. Two reports ask for the same files at the same time; each file is read once. */
const digest = acache(
  async function digest(file: string): Promise<string> {
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  },
  { maxSize: 10_000, ttl: "10m" },
);

class Report {
  constructor(readonly title: string) {}

  /** A fingerprint of a package: its manifest, licence and readme. Each report has a cache of its own. */
  @ucache({ name: "Report.fingerprint" })
  async fingerprint(folder: string): Promise<string> {
    const files = readdirSync(folder).filter((file) => /^(package\.json|licen[sc]e.*|readme.*)$/i.test(file));
    const digests = await Promise.all(files.map((file) => digest(join(folder, file))));
    return createHash("sha256").update(digests.sort().join()).digest("hex").slice(0, 12);
  }
}

/** What a package is called in keys on disk. A version that is published never changes, wherever it is installed. */
function titleOf(folder: string): string {
  const { name, version } = manifest(folder);
  return `${name}@${version}`;
}

/** The files of the package in a folder, without those of packages inside it. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(path);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(found)).flat().sort();
}

/** How many files a package has, and how many bytes of each kind. In a database on disk. */
const weigh = bcache(
  async function weigh(folder: string): Promise<{ readonly files: number; readonly kinds: Map<string, number> }> {
    const files = await filesOf(folder);
    const kinds = new Map<string, number>();
    for (const file of files) {
      const kind = /\.\w+$/.exec(file)?.[0] ?? "others";
      kinds.set(kind, (kinds.get(kind) ?? 0) + (await stat(file)).size);
    }
    return { files: files.length, kinds };
  },
  { folderName: FOLDER, key: titleOf },
);

/** The sources of a package, one after the other. In files on disk, compressed. */
const bundle = fcache(
  async function bundle(folder: string): Promise<Buffer> {
    const sources = (await filesOf(folder)).filter((file) => /\.[cm]?js$/.test(file));
    const texts = sources.map(async (file) => [`// ${relative(folder, file)}\n`, await readFile(file, "utf8")]);
    return Buffer.from((await Promise.all(texts)).flat().join(""));
  },
  { folderName: FOLDER, key: titleOf, compress: true },
);

/** Every installed package: a folder of node_modules that has a manifest, those in scopes and nested ones included. */
function packages(folder: string): string[] {
  const home = join(folder, "node_modules");
  if (!existsSync(home)) return [];
  const names = readdirSync(home).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(home, name)).map((inner) => join(name, inner)) : [name],
  );
  const folders = names.map((name) => join(home, name)).filter((place) => existsSync(join(place, "package.json")));
  return folders.flatMap((place) => [place, ...packages(place)]);
}

async function timed(job: () => unknown): Promise<number> {
  const started = performance.now();
  await job();
  return performance.now() - started;
}

const folders = packages(root);
const reports = [new Report("ours"), new Report("theirs")];

/** One package after the other; the two reports ask at the same time. */
async function fingerprints(): Promise<void> {
  for (const folder of folders) await Promise.all(reports.map((report) => report.fingerprint(folder)));
}

function locations(): void {
  for (const folder of folders)
    for (const name of Object.keys(manifest(folder).dependencies ?? {})) locate(folder, name);
}

/** Each package once, though it may be installed in several places. */
async function eachOnce(places: Iterable<string>, job: (folder: string) => Promise<unknown>): Promise<void> {
  for (const folder of new Map([...places].map((place) => [titleOf(place), place])).values()) await job(folder);
}

const jobs: readonly (readonly [name: string, decorator: string, job: () => unknown])[] = [
  ["manifest", "mcache(fn)", () => folders.map((folder) => manifest(folder))],
  ["closure", "mcache(fn)", () => folders.map((folder) => closure(folder))],
  ["locate", "mcache(fn, {…})", locations],
  ["Report.fingerprint", "@ucache({…})", fingerprints],
  ["digest", "acache(fn, {…})", () => Promise.all(folders.map((folder) => digest(join(folder, "package.json"))))],
  ["weigh", "bcache(fn, {…})", () => eachOnce(folders, weigh)],
  ["bundle", "fcache(fn, {…})", () => eachOnce(closure(root), bundle)],
];

const statsOf = (name: string) => getStats().caches.find((cache) => cache.name === name);

const cold = new Map<string, number>();
const warm = new Map<string, number>();
for (const [name, , job] of jobs) cold.set(name, await timed(job));
/** Hits at the cold run come from an earlier run of this program. */
const fromDisk = new Map(["weigh", "bundle"].map((name) => [name, statsOf(name)?.hits ?? 0]));
for (const [name, , job] of jobs) warm.set(name, await timed(job));

const ms = (time: number): string => `${time.toFixed(time < 10 ? 2 : 1)} ms`;
const header = [
  "function",
  "decorator",
  "engine",
  "cold from",
  "cold",
  "warm",
  "hits",
  "misses",
  "shared",
  "time saved",
];
const rows = jobs.map(([name, decorator]) => {
  const { engine = "-", hits = 0, misses = 0, coalesced = 0, loads = 0, timeSaved = 0 } = statsOf(name) ?? {};
  return [
    name,
    decorator,
    engine,
    (fromDisk.get(name) ?? 0) > 0 ? "disk" : "scratch",
    ms(cold.get(name) ?? 0),
    ms(warm.get(name) ?? 0),
    hits,
    misses,
    coalesced,
    loads === 0 ? "-" : ms(timeSaved),
  ].map(String);
});
const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i < 4 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");

const { hits, misses, hitRatio, timeSaved } = getStats();
const [largest] = [...folders].sort((a, b) => closure(b).size - closure(a).size);
console.log(`${folders.length} packages are installed here.`);
if (largest !== undefined) console.log(`${manifest(largest).name} needs the most others: ${closure(largest).size}.`);
console.log("Each job ran twice: cold, and warm. The last two are cached on disk, the others in memory.\n");
console.log(line(header));
console.log(line(widths.map((width) => "─".repeat(width))));
for (const row of rows) console.log(line(row));

console.log(
  `\n${hits + misses} calls, ${(100 * hitRatio).toFixed(1)} % of them hits: about ${ms(timeSaved)} of work not done again.`,
);
console.log("“shared” calls waited for a load that another call had begun; “time saved” is hits × the mean load time,");
console.log("of which nothing is known where nothing was loaded.");
const first = folders[0] ?? root;
const report = cacheOf(reports[0] as Report, "fingerprint");
console.log(`One entry: is the manifest of ${manifest(first).name} cached? ${manifest.cache.has(first)}.`);
console.log(`And its fingerprint, in the first report? ${await report.has(first)}.`);

/** Minutes. They pass at once in what follows, where values live by this clock. */
let now = 0;
const clock = { now: () => now * 60_000 };
let state = "works";
/** The last run of the source, until it has ended: milliseconds. */
let run: Promise<number> | undefined;

/** How many packages a folder has, and since when that is known; from a source that may be slow, or fail. */
const count = acache(
  function count(folder: string): Promise<string> {
    const counted = (async () => {
      if (state === "down") throw new Error("the source is down");
      if (state === "slow") await new Promise((resolve) => setTimeout(resolve, 80));
      return `${(await readdir(join(folder, "node_modules"))).length} as of ${now} min`;
    })();
    run = timed(() => counted.catch(() => undefined));
    return counted;
  },
  { ttl: "2m", staleWhileRevalidate: "2m", staleIfError: { for: "1h", backoff: "5m" }, softTimeout: 20, clock },
);

console.log(
  "\nA source that becomes slow, and then fails. Values are fresh for 2 minutes, and of use for an hour more:\n",
);
const columns = [8, 12, 18, 9, 11, 0];
const show = (...texts: string[]): void => console.log(texts.map((text, i) => text.padEnd(columns[i] ?? 0)).join(""));
show("at", "the source", "the caller got", "", "waited", "the source took");
const quiet = (): void => undefined;
setLogger({ debug: quiet, info: quiet, error: quiet, warn: (_fields, message) => console.log(`(Log: ${message})`) });
const moments = { 0: "works", 1: "works", 3: "slow", 4: "slow", 9: "slow", 20: "down", 22: "down", 90: "works" };
for (const [minute, is] of Object.entries(moments)) {
  [now, state, run] = [Number(minute), is, undefined];
  const before = count.cache.stats();
  let got = "";
  const waited = await timed(async () => (got = await count(root)));
  const { stale, hits } = count.cache.stats();
  const kind = stale > before.stale ? "stale" : hits > before.hits ? "fresh" : "new";
  show(`${now} min`, state, got, kind, ms(waited), run === undefined ? "not asked" : ms(await run));
}
setLogger(undefined);

await closeCaches();
const place = getCacheDir(FOLDER);
const files = existsSync(place) ? await filesOf(place) : [];
const kilobytes = files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024;
const found = [...fromDisk].map(([name, count]) => `${count} of ${name}`).join(", ");
console.log(`\nOn disk: ${files.length} files of ${kilobytes.toFixed(0)} KB together in ${place}.`);
console.log(
  /[1-9]/.test(found)
    ? `This run was served from there: it found results of an earlier one, ${found}.`
    : "A second run will be served from there: run the demo once more.",
);
console.log(`To remove them: npm run demo -- --clear, which calls clearCacheDir("${FOLDER}").`);
