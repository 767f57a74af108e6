/** Every kind of store, in the tests of vitest. */

import { afterEach } from "vitest";
import { type Cached, everyKind, type Kind } from "./every-kind.js";
import { temporaryDirectories } from "./temporary.js";

export type { Cached, Kind } from "./every-kind.js";

const opened: Cached[] = [];
const cacheDir = temporaryDirectories();

afterEach(async () => {
  for (const one of opened.splice(0)) await one.cache.close();
});

export const kinds: readonly Kind[] = everyKind({
  kept(one) {
    opened.push(one);
    return one;
  },
  cacheDir,
});
