/**
 * The main job on real input: the dependency tree that is installed beside this file. Reads every package's manifest,
 * resolves the dependency closure of each package, and digests files; everything twice, to see what the caches save.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { acache, cacheOf, getStats, mcache, ucache } from "twat-cache";

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL("..", import.meta.url));

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

const jobs: readonly (readonly [name: string, decorator: string, job: () => unknown])[] = [
  ["manifest", "mcache(fn)", () => folders.map((folder) => manifest(folder))],
  ["closure", "mcache(fn)", () => folders.map((folder) => closure(folder))],
  ["locate", "mcache(fn, {…})", locations],
  ["Report.fingerprint", "@ucache({…})", fingerprints],
  ["digest", "acache(fn, {…})", () => Promise.all(folders.map((folder) => digest(join(folder, "package.json"))))],
];

const cold = new Map<string, number>();
const warm = new Map<string, number>();
for (const [name, , job] of jobs) cold.set(name, await timed(job));
for (const [name, , job] of jobs) warm.set(name, await timed(job));

const ms = (time: number): string => `${time.toFixed(time < 10 ? 2 : 1)} ms`;
const header = ["function", "decorator", "engine", "cold", "warm", "hits", "misses", "shared", "time saved"];
const rows = jobs.map(([name, decorator]) => {
  const stats = getStats().caches.find((cache) => cache.name === name);
  const { engine = "-", hits = 0, misses = 0, coalesced = 0, timeSaved = 0 } = stats ?? {};
  return [
    name,
    decorator,
    engine,
    ms(cold.get(name) ?? 0),
    ms(warm.get(name) ?? 0),
    hits,
    misses,
    coalesced,
    ms(timeSaved),
  ].map(String);
});
const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");

const { hits, misses, hitRatio, timeSaved } = getStats();
const [largest] = [...folders].sort((a, b) => closure(b).size - closure(a).size);
console.log(`${folders.length} packages are installed here.`);
if (largest !== undefined) console.log(`${manifest(largest).name} needs the most others: ${closure(largest).size}.`);
console.log("Each job ran twice: cold, and warm. Everything is cached in memory, and gone when this process ends.\n");
console.log(line(header));
console.log(line(widths.map((width) => "─".repeat(width))));
for (const row of rows) console.log(line(row));

console.log(
  `\n${hits + misses} calls, ${(100 * hitRatio).toFixed(1)} % of them hits: about ${ms(timeSaved)} of work not done again.`,
);
console.log("“shared” calls waited for a load that another call had begun; “time saved” is hits × the mean load time.");
const first = folders[0] ?? root;
const report = cacheOf(reports[0] as Report, "fingerprint");
console.log(`One entry: is the manifest of ${manifest(first).name} cached? ${manifest.cache.has(first)}.`);
console.log(`And its fingerprint, in the first report? ${await report.has(first)}.`);
