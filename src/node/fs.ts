/**
 * `node:fs`, as Node has loaded it for itself. An import of it would also load what its properties are made of when they
 * are first asked for, streams above all.
 */

/** The module `node:fs`. */
export const fs: typeof import("node:fs") = process.getBuiltinModule("node:fs");
