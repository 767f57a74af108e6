/** Faults of the disk, at every time, under every kind of cache on disk: they cost time, and nothing else. */

import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRoot, ONLY_ROOT } from "../paths/place.js";
import { Child, type ErrorSeen, type Kind, type Warning } from "./child.js";
import { type Fault, faults, PHASES, unmountAll } from "./faults.js";
import { addProgram, makeProject, type Project } from "./project.js";

const KINDS: readonly Kind[] = ["bcache", "fcache", "sync"];
/** Keys that are called all the time, and keys that are not called any more once they should be gone. */
const [USED, GONE] = [
  [1, 2, 3, 4, 5],
  [6, 7, 8],
];
/** Milliseconds within which caching works again. */
const RECOVERY = 5_000;

let project: Project;
let program: string;

beforeAll(async () => {
  project = await makeProject();
  chmodSync(project.path, 0o755);
  program = addProgram(project, "disk-child.mjs");
});
afterAll(() => project.remove());

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls until each key is a hit, and says how long that took; `undefined` if it takes too long. */
async function untilHits(child: Child, id: string, keys: readonly number[]): Promise<number | undefined> {
  for (const started = performance.now(); performance.now() - started < RECOVERY; await pause(30)) {
    const { wrong, runs } = await child.call(id, keys);
    expect(wrong).toEqual([]);
    if (runs === 0) return performance.now() - started;
  }
  return undefined;
}

/** Which cache a warning is about, and which cause it names; all of it happens within a minute. */
function causeOf({ msg, path = "", err }: Warning): string {
  const [, name = msg] = /the cache "([^"]+)" failed to/.exec(msg) ?? [];
  return `${name} ${path} ${err?.message?.replaceAll(/["'].*?["']/g, "…")}`;
}

/** All that a program goes through. Nothing in it may throw, or give anything else than the function's results. */
async function goThrough(fault: Fault, base: string): Promise<void> {
  const cacheDir = join(base, "cache");
  fault.prepare?.({ base, cacheDir });
  const child = new Child(program);
  const victim = { base, cacheDir, child };
  const ids = PHASES.flatMap((phase) => KINDS.map((kind) => ({ phase, kind, id: `${kind}-${phase}` })));
  const removals = new Map<Kind, readonly (ErrorSeen | undefined)[]>();
  // What a call waits for the engine is looked at elsewhere; a machine that is slow is no fault.
  const options = (phase: string): object => ({ cacheDir, folderName: phase, engineTimeout: "2s" });
  try {
    if (fault.uid !== undefined) await child.become(fault.uid);
    for (const { id, kind, phase } of ids) await child.make(id, kind, options(phase));
    for (const { id, phase } of ids) {
      if (phase !== "before")
        expect(await untilHits(child, id, [...USED, ...GONE]), `${id} works at first`).toBeDefined();
    }

    // Every database has just been looked for, and will not be for half a second.
    await pause(550);
    for (const { id, phase } of ids) if (phase !== "before") await child.call(id, USED);
    fault.apply(victim);
    const many = fault.calls === undefined ? USED : Array.from({ length: fault.calls }, (_, n) => 100 + n);
    for (let round = 0; round < 4; round += 1) {
      for (const { id, phase, kind } of ids.toReversed()) {
        if (round === (fault.heals === true ? 0 : 1) && phase === "clear") {
          if (fault.reverts !== true) await child.change(id, 1);
          const one = await child.handle(id, "delete", 1);
          expect((await child.call(id, [1])).wrong, id).toEqual([]);
          if (fault.reverts !== true) await child.change(id, "all");
          const all = await child.handle(id, "clear");
          removals.set(kind, [one.error, all.error]);
        }
        expect((await child.call(id, round === 2 ? many : USED)).wrong, `${id}, round ${round}`).toEqual([]);
      }
      await pause(250);
    }

    fault.lift(victim);
    for (const { id } of ids) expect(await untilHits(child, id, USED), `${id} works again`).toBeDefined();
    for (const { id, phase } of ids) {
      if (phase === "clear") expect((await child.call(id, GONE)).wrong, id).toEqual([]);
    }
    expect(await child.end()).toBe(0);
  } finally {
    child.kill();
  }

  for (const [kind, errors] of removals) {
    const codes = errors.map((error) => error?.code);
    for (const code of codes) expect([undefined, "ERR_CACHE_OPERATION"]).toContain(code);
    if (fault.refuses?.includes(kind)) expect(codes[1], `${kind} cannot clear`).toBe("ERR_CACHE_OPERATION");
  }
  const lines = child.warnings.map(causeOf);
  expect(
    lines.filter((line, at) => lines.indexOf(line) !== at),
    "one warning for each cause",
  ).toEqual([]);
  if (fault.heals !== true) expect(lines.length, "something is said").toBeGreaterThan(0);
}

describe.concurrent(`whatever happens to the disk${ONLY_ROOT}`, () => {
  it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (_name, fault) => {
    if (fault.isRoots === true && !isRoot) return;
    const base = realpathSync(mkdtempSync(join(tmpdir(), "fault-")));
    try {
      await goThrough(fault, base);
    } finally {
      unmountAll(join(base, "cache"));
      rmSync(base, { recursive: true, force: true });
    }
  });
});
