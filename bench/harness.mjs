/**
 * The harness: each subject of a row runs in processes of its own, so that none spoils another's compiled code, and all
 * take turns, so that the machine's moods strike them alike. A subject's figure is its best; only ratios mean something.
 * Where work is put off, as the copying of a log is, a figure is that of a whole turn, so that it is in it.
 */

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How often each subject has its turn. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
/** How long a subject is measured in one turn, in milliseconds, and how long it runs before. */
const MEASURE = 250;
/** The same for what puts off work, which has to come up in it several times. */
const SUSTAINED = 1_500;
const WARM_UP = 250;

/**
 * @typedef {object} Subject
 * @property {() => Promise<(argument: any) => any>} make Makes what is measured. May load packages.
 * @property {number} [limit] At most this many times the anchor's figure.
 * @property {boolean} [ours] It is ours.
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {string} anchor The subject that the others are compared with.
 * @property {readonly unknown[]} inputs Arguments, used in turn; their number is a power of two.
 * @property {boolean} [asynchronous] Each call is awaited.
 * @property {boolean} [sustained] A figure is the mean of a turn, and not its best part.
 * @property {boolean} [needsRedis] A server is started for it.
 * @property {boolean} [once] The making is measured, not the call: imports, for instance.
 * @property {Record<string, Subject>} subjects
 * @property {readonly { faster: string, than: readonly string[], times?: number }[]} [claims] Further figures to reach.
 */

/** Measures one subject in this process: nanoseconds a call, at best. */
export async function measure(/** @type {Row} */ row, /** @type {string} */ name) {
  const subject = row.subjects[name];
  if (subject === undefined) throw new Error(`no subject ${name}`);
  if (row.once) {
    const started = performance.now();
    await subject.make();
    return (performance.now() - started) * 1e6;
  }
  const fn = await subject.make();
  const { inputs } = row;
  // Each loop is compiled for this one function, as a caller's own loop would be.
  const loop = row.asynchronous
    ? new Function(
        "fn",
        "inputs",
        "n",
        "return (async () => { for (let i = 0; i < n; i += 1) await fn(inputs[i & (inputs.length - 1)]); })()",
      )
    : new Function(
        "fn",
        "inputs",
        "n",
        "let last; for (let i = 0; i < n; i += 1) last = fn(inputs[i & (inputs.length - 1)]); return last;",
      );
  for (const input of inputs) await fn(input);
  let n = inputs.length;
  for (const end = performance.now() + WARM_UP; performance.now() < end; ) await loop(fn, inputs, n);
  // Chunks of about 5 ms: short enough that some are undisturbed.
  const started = performance.now();
  await loop(fn, inputs, n);
  n = Math.max(n, Math.round((5 * n) / (performance.now() - started)));
  let best = Number.POSITIVE_INFINITY;
  let calls = 0;
  const began = performance.now();
  for (const end = began + (row.sustained ? SUSTAINED : MEASURE); performance.now() < end; ) {
    const before = performance.now();
    await loop(fn, inputs, n);
    best = Math.min(best, ((performance.now() - before) / n) * 1e6);
    calls += n;
  }
  return row.sustained ? ((performance.now() - began) / calls) * 1e6 : best;
}

function turn(file, name) {
  const child = fileURLToPath(new URL("child.mjs", import.meta.url));
  const output = execFileSync(process.execPath, [child, file, name], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return Number(output.trim().split("\n").at(-1));
}

/** Runs a row and prints it. Returns the figures that were missed. */
export function race(/** @type {Row} */ row, /** @type {string} */ file) {
  const best = Object.fromEntries(Object.keys(row.subjects).map((name) => [name, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of Object.keys(best)) best[name] = Math.min(best[name], turn(file, name));
  }
  const anchor = best[row.anchor];
  const unit = row.once ? [1e6, "ms"] : [1, "ns"];
  const width = Math.max(...Object.keys(best).map((name) => name.length)) + 2;
  console.log(`\n${row.title}\n${"-".repeat(row.title.length)}`);
  const missed = [];
  for (const [name, figure] of Object.entries(best).sort(([, a], [, b]) => a - b)) {
    const ratio = figure / anchor;
    const { limit, ours } = row.subjects[name];
    const verdict = limit === undefined ? "" : `  must be ≤ ${limit}: ${ratio <= limit ? "met" : "MISSED"}`;
    if (limit !== undefined && ratio > limit)
      missed.push(`${row.title}: ${name} is ${ratio.toFixed(2)} × ${row.anchor}`);
    const value = (figure / unit[0]).toFixed(1).padStart(9);
    console.log(
      `${ours ? "▶" : " "} ${name.padEnd(width)}${value} ${unit[1]}${ratio.toFixed(2).padStart(9)} ×${verdict}`,
    );
  }
  for (const { faster, than, times = 1 } of row.claims ?? []) {
    const failed = than.filter((name) => best[name] < times * best[faster]);
    const what = `${faster}, at least ${times} × as fast as ${than.join(", ")}`;
    console.log(`  ${what}: ${failed.length === 0 ? "met" : `MISSED (${failed.join(", ")})`}`);
    if (failed.length > 0) missed.push(`${row.title}: ${what}`);
  }
  return missed;
}
