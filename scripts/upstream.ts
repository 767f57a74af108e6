/**
 * Prints what the tests of the Python library assert, and the faults that it has, row by row, with the test of ours that
 * covers each. Run: npm run upstream
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { faults, rows } from "../test/upstream/rows.js";

/** A test of ours, as its file names it. */
interface Named {
  readonly file: string;
  /** All that the file says. */
  readonly text: string;
  /** The outermost `describe` around it. */
  readonly within: string;
  readonly title: string;
}

/** A row with the test that covers it. */
export interface Covered {
  /** Which row it is: `test_cache: cache_basic`, or `D6`. */
  readonly row: string;
  /** The verdict, or the severity. */
  readonly mark: string;
  readonly words: string;
  /** `undefined`: there is none. */
  readonly test: string | undefined;
}

const root = fileURLToPath(new URL("..", import.meta.url));
/** The title of a `describe` or an `it`: a text in brackets before a function. What is printed is what the source has. */
const TITLE = /(\w+)?\(\s*(["'`])((?:(?!\2)[^\\\n]|\\.)*)\2,\s*(?:async )?(?:\(|\w+ =>|function)/g;

function testsIn(file: string): Named[] {
  const text = readFileSync(join(root, file), "utf8");
  const titles = [...text.matchAll(TITLE)].filter(([, called]) => called !== "skip");
  // What begins at the margin reaches to the next that does.
  const outer = [...text.matchAll(/^(describe|it)\b/gm)].map(({ index, 1: kind }) => ({ index, kind }));
  return titles.map(({ index, 3: title = "" }) => {
    const around = outer.findLast((one) => one.index <= index);
    const first = titles.find((one) => one.index >= (around?.index ?? 0));
    return { file, text, within: around?.kind === "describe" ? (first?.[3] ?? "") : "", title };
  });
}

function allTests(): Named[] {
  const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".test.ts"))
    .sort()
    .flatMap((file) => testsIn(join("test", file)));
}

const naming = (name: string): string => name.replace(/\.py$/, "");

/** The names that a title begins with: `cache_basic`, `test_cache_basic` and `cache_basic, cache_size: what they show`. */
function namesOf(title: string): string[] {
  const [names = ""] = title.split(":");
  return names.split(",").map((name) => name.trim().replace(/^test_/, ""));
}

/**
 * Whether a name is the row's. Upstream puts the name of what is tested before what is tested of it; that may be left out.
 * A title for each of many, such as `configure_for_%s`, is that of every row that the table before it begins a line for.
 */
function isSame(name: string, row: string, text: string): boolean {
  const [before, after] = name.split("%s");
  if (before !== undefined && after !== undefined) {
    const each = row.slice(before.length, row.length - after.length);
    return row === `${before}${each}${after}` && text.includes(`["${each}",`);
  }
  const short = row.replace(/^cache_config_|^cache_context_|^engine_context_with_/, "");
  return name === row || name === short;
}

/** All rows with their tests. */
export function coverage(): Covered[] {
  const tests = allTests();
  const say = (test: Named | undefined): string | undefined => test && `${test.file}: ${test.title}`;
  const origins = (test: Named): string[] => test.within.split(",").map((name) => naming(name.trim()));
  return [
    ...rows.map(({ origin, name, verdict, asserts }) => {
      const covers = (test: Named): boolean =>
        origins(test).includes(origin) && namesOf(test.title).some((one) => isSame(one, name, test.text));
      return { row: `${origin}: ${name}`, mark: verdict, words: asserts, test: say(tests.find(covers)) };
    }),
    ...faults.map(({ number, severity, fault }) => {
      const covers = ({ title }: Named): boolean => new RegExp(`^D${number}\\b`).test(title);
      return { row: `D${number}`, mark: severity, words: fault, test: say(tests.find(covers)) };
    }),
  ];
}

function print(): void {
  const all = coverage();
  const widest = Math.max(...all.map(({ row }) => row.length));
  for (const { row, mark, words, test } of all) {
    console.log(`${row.padEnd(widest)}  ${mark}  ${words}\n${" ".repeat(widest + 5)}${test ?? "MISSING"}`);
  }
  const covered = all.filter(({ test }) => test !== undefined).length;
  console.log(`${all.length} rows: ${covered} covered, ${all.length - covered} missing.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) print();
