import { afterEach, beforeEach, vi } from "vitest";
import { closeCaches } from "../../src/index.js";
import { makeTemporary, removeTemporary } from "./disk-stores.js";

/**
 * Gives each test of the file a directory for caches of its own, which the environment names too, so that no test
 * touches those of the person who runs it. Caches are closed at the end of each.
 */
export function useCacheDir(): () => string {
  let cacheDir = "";
  beforeEach(() => {
    cacheDir = makeTemporary();
    vi.stubEnv("TWAT_CACHE_DIR", cacheDir);
  });
  afterEach(async () => {
    await closeCaches();
    vi.unstubAllEnvs();
    removeTemporary(cacheDir);
  });
  return () => cacheDir;
}

/** For tests on machines that are busy with others: a disk may take longer there than a call would wait. */
export const patient = { engineTimeout: "30s" } as const;
