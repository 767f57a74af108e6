/**
 * Writes the tables of docs/engines.md that come from the code: what engines can do, and in which order decorators try
 * them. Run: npx tsx scripts/capabilities.ts
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inMemory } from "../src/decorators/recipe.js";
import { engines } from "../src/engines/index.js";
import { FILES_FIRST, SERVER_CHAIN, SYNC_DISK_CHAIN } from "../src/select/index.js";

type Row = readonly string[];

const yes = (is: boolean): string => (is ? "yes" : "no");
const inOrder = (chain: readonly string[]): string => chain.map((name) => `\`${name}\``).join(" > ");

function table(header: Row, rows: readonly Row[]): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => cell.length)),
  );
  const line = (cells: Row): string => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** What the stores of each engine can do. */
function capabilities(): string {
  const header = [
    "engine",
    "answers",
    "outlives the process",
    "evicts by",
    "largest `maxSize`",
    "without `maxSize`",
    "keeps `maxBytes`",
  ];
  const rows = engines.names().map((name) => {
    const { kind, capabilities: able } = engines.named(name) ?? { kind: "?", capabilities: undefined };
    if (able === undefined) throw new Error(`The engine ${name} is listed, and is not there.`);
    const largest = able.maxSize === Number.POSITIVE_INFINITY ? "any" : able.maxSize.toLocaleString("en");
    const isBoundHere = able.location !== "server";
    return [
      `\`${name}\``,
      kind === "sync" ? "at once" : "with promises",
      yes(able.persistent),
      isBoundHere ? able.policies.join(", ") : "its own rules",
      isBoundHere ? largest : "its own bound",
      yes(able.unbounded),
      isBoundHere ? yes(able.maxBytes) : "its own bound",
    ];
  });
  return table(header, rows);
}

/** The fallback chains. */
function chains(): string {
  const memory = inOrder(inMemory.chain);
  return table(
    ["what is cached, and how", "engines, best first"],
    [
      ["`mcache`, `acache`, `ucache`: functions", memory],
      ["the same: methods, with a cache for each instance", inOrder(inMemory.instanceChain)],
      ["`bcache`; `ucache` with a folder", inOrder(inMemory.diskChain)],
      ["`fcache`; `ucache` with `compress`; `useSql: false`", inOrder(FILES_FIRST)],
      ["`bcache`, `fcache`, `ucache` with `sync: true`", inOrder(SYNC_DISK_CHAIN)],
      ["all but `mcache`, with `redis`", inOrder(SERVER_CHAIN)],
      ["`bcache` with `redis` and a folder", inOrder(["redis", ...inMemory.diskChain])],
    ],
  );
}

/** The text of the document with each table between its markers made anew. */
export function withTables(text: string): string {
  const tables = { capabilities: capabilities(), chains: chains() };
  return Object.entries(tables).reduce((all, [name, made]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [before, rest = ""] = all.split(begin);
    const after = rest.split(end)[1];
    if (after === undefined) throw new Error(`docs/engines.md has no markers ${begin} and ${end}.`);
    return `${before}${begin}\n\n${made}\n\n${end}${after}`;
  }, text);
}

const path = fileURLToPath(new URL("../docs/engines.md", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, withTables(readFileSync(path, "utf8")));
