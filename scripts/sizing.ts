/**
 * Writes the table of docs/distributed.md that says what a memory in front of a server saves. A simulation: requests whose
 * keys follow Zipf's law come to nodes by chance, each with a memory of its own (lru-cache) before one server that holds
 * everything once it was asked for. Run: npx tsx scripts/sizing.ts
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LRUCache } from "lru-cache";

/** Different keys. */
const KEYS = 20_000;
/** Requests that fill the memories first, and those that are counted then, in all nodes together. */
const REQUESTS = { first: 200_000, counted: 200_000 };
/** One request in so many is a change of its key, which the bus tells all nodes. */
const CHANGE_EVERY = 100;
/** Exponent of Zipf's law: requests to a shop, a wiki, a video site have been measured between 0.6 and 1.0. */
const SKEW = 0.9;
const NODES = [1, 4, 16, 64];
const SIZES = [0, 100, 1_000, 10_000];

/** A generator with a seed (mulberry32), so that the table is the same each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The shares of all keys up to each. */
function cumulative(): Float64Array {
  const sums = new Float64Array(KEYS);
  let sum = 0;
  for (let key = 0; key < KEYS; key += 1) {
    sum += (key + 1) ** -SKEW;
    sums[key] = sum;
  }
  return sums.map((one) => one / sum);
}

function keyAt(sums: Float64Array, share: number): number {
  let [low, high] = [0, KEYS - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 1) < share) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of a thousand requests the memories answer, and how many the server is asked. */
function simulate(nodes: number, size: number): number {
  const random = createRandom(nodes * 100_003 + size);
  const sums = cumulative();
  const memories = size === 0 ? [] : Array.from({ length: nodes }, () => new LRUCache<number, true>({ max: size }));
  let hits = 0;
  for (let request = 0; request < REQUESTS.first + REQUESTS.counted; request += 1) {
    const key = keyAt(sums, random());
    const memory = memories[Math.floor(random() * nodes)];
    if (random() < 1 / CHANGE_EVERY) for (const one of memories) one.delete(key);
    if (memory === undefined) continue;
    if (memory.get(key) === true) hits += request < REQUESTS.first ? 0 : 1;
    else memory.set(key, true);
  }
  return hits / REQUESTS.counted;
}

function table(): string {
  const header = [
    "nodes",
    ...SIZES.map((size) => (size === 0 ? "no memory" : `${size.toLocaleString("en")} entries each`)),
  ];
  const rows = NODES.map((nodes) => [
    String(nodes),
    ...SIZES.map((size) => {
      const ratio = simulate(nodes, size);
      return `${Math.round(ratio * 100)} % here, ${Math.round((1 - ratio) * 1_000)} reads`;
    }),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The text of the document with the table between its markers made anew. */
export function withSizing(text: string): string {
  const [begin, end] = ["<!-- sizing -->", "<!-- /sizing -->"];
  const [before, rest = ""] = text.split(begin);
  const after = rest.split(end)[1];
  if (after === undefined) throw new Error("docs/distributed.md has no markers for its table.");
  return `${before}${begin}\n\n${table()}\n\n${end}${after}`;
}

const path = fileURLToPath(new URL("../docs/distributed.md", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, withSizing(readFileSync(path, "utf8")));
