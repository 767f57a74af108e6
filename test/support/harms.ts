/** Ways in which files are damaged. */

import { gzipSync } from "node:zlib";
import type { Files } from "./disk-stores.js";
import type { Remains } from "./history.js";
import { createRandom } from "./random.js";

/** One way of damaging the files of a cache. */
export interface Harm {
  readonly name: string;
  apply(files: Files): Files;
}

function changed(files: Files, name: string, change: (bytes: Buffer) => Buffer | undefined): Files {
  const after = new Map(files);
  const bytes = change(Buffer.from(files.get(name) ?? []));
  if (bytes === undefined) after.delete(name);
  else after.set(name, bytes);
  return after;
}

/** One bit of a file is another one. */
export function flip(name: string, at: number, bit: number): Harm {
  return {
    name: `${name}: bit ${bit} of byte ${at} flipped`,
    apply: (files) =>
      changed(files, name, (bytes) => {
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        return bytes;
      }),
  };
}

/** A file ends early. */
export function truncate(name: string, length: number): Harm {
  return {
    name: `${name}: cut to ${length} bytes`,
    apply: (files) => changed(files, name, (bytes) => bytes.subarray(0, length)),
  };
}

/** A file is not there. */
function remove(name: string): Harm {
  return { name: `${name}: removed`, apply: (files) => changed(files, name, () => undefined) };
}

function replace(name: string, what: string, by: Buffer): Harm {
  return { name: `${name}: ${what} in its place`, apply: (files) => new Map(files).set(name, by) };
}

function noise(length: number): Buffer {
  const random = createRandom(length);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(random() * 256)));
}

/** What there may be in the place of a file: 16 things that are not it, some of them made of it. */
function garbage(bytes: Buffer): Readonly<Record<string, Buffer>> {
  const { length } = bytes;
  const middle = Math.floor(length / 2);
  const part = Math.floor(length / 3);
  return {
    nothing: Buffer.alloc(0),
    "a line break": Buffer.from("\n"),
    text: Buffer.from("This is no cache.\n".repeat(40)),
    JSON: Buffer.from('{"key":"once","value":{"evil":true}}'),
    "a page of HTML": Buffer.from("<!doctype html><title>404</title>"),
    "compressed text": gzipSync("evil".repeat(1_000)),
    "an empty record": Buffer.from("twc\u0001".padEnd(300, "\0"), "latin1"),
    "the beginning of a database": Buffer.from("SQLite format 3\0".padEnd(100, "\0"), "latin1"),
    "zeros of its length": Buffer.alloc(length),
    "ones of its length": Buffer.alloc(length, 0xff),
    "noise of its length": noise(length),
    "a page of noise": noise(4_096),
    "its halves, swapped": Buffer.concat([bytes.subarray(middle), bytes.subarray(0, middle)]),
    "it, backwards": Buffer.from(bytes).reverse(),
    "it, a byte later": Buffer.concat([Buffer.alloc(1), bytes]),
    "it, with noise in the middle": Buffer.concat([bytes.subarray(0, part), noise(part), bytes.subarray(2 * part)]),
  };
}

/** The files that hold entries, or lead to them. */
export function filesOf(files: Files): readonly string[] {
  return [...files.keys()].filter((name) => /\.db(-wal|-shm)?$|\/(index|content)-v|\/removals$/.test(name));
}

/** Two files change places. */
function swap(one: string, other: string): Harm {
  return {
    name: `${one} and ${other} swapped`,
    apply: (files) =>
      new Map(files).set(one, files.get(other) ?? Buffer.alloc(0)).set(other, files.get(one) ?? Buffer.alloc(0)),
  };
}

/** Whole files that are not there, not what they were, or not where they were. */
export function wholeFileHarms({ files, early }: Remains): readonly Harm[] {
  const names = filesOf(files);
  const harms: Harm[] = [];
  for (const [i, name] of names.entries()) {
    const bytes = files.get(name) ?? Buffer.alloc(0);
    if (bytes.length === 0) continue;
    // Of the last page, a few bytes: SQLite takes what is missing of some pages for zeros, and of others for a failure.
    const lengths = [bytes.length / 2, bytes.length - 1, Math.floor((bytes.length - 1) / 4_096) * 4_096 + 6];
    harms.push(remove(name), ...lengths.map((length) => truncate(name, Math.floor(length))));
    for (const [what, by] of Object.entries(garbage(bytes))) harms.push(replace(name, what, by));
    for (const other of names.slice(i + 1)) harms.push(swap(name, other));
  }
  for (const [name, bytes] of early) {
    // A database of an earlier time is what a backup gives back: nothing can tell that it is not the last one.
    if (!/-(wal|shm)$/.test(name)) continue;
    harms.push(replace(name, "that of an earlier time", bytes));
    if (!name.endsWith("-wal")) continue;
    const shm = name.replace(/-wal$/, "-shm");
    const { apply } = replace(name, "", bytes);
    harms.push({
      name: `${name}: that of an earlier time, and no -shm`,
      apply: (all) => remove(shm).apply(apply(all)),
    });
  }
  return harms;
}
