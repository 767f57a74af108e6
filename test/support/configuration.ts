/** Layers of configuration for tests: an environment and config files that are gone afterwards. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { forgetConfigFiles } from "../../src/config/file.js";
import { ConfigurationError, setDefaults } from "../../src/index.js";

/** What a test can say besides options. */
export interface Configuration {
  /** Sets variables, named without TWAT_CACHE_, until the end of the test. */
  set(variables: Readonly<Record<string, string>>): void;
  /** Makes this the config file until the end of the test; its path. */
  file(content: unknown): string;
}

/** Clears the layers after each test of the file. */
export function useConfiguration(): Configuration {
  let folder = "";
  let files = 0;
  const set = (variables: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(variables)) process.env[`TWAT_CACHE_${name}`] = text;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "twat-cache-configuration-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith("TWAT_CACHE_")) delete process.env[name];
    setDefaults({});
    forgetConfigFiles();
  });
  return {
    set,
    file(content) {
      files += 1;
      const path = join(folder, `${files}.json`);
      writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
      set({ CONFIG: path });
      return path;
    },
  };
}

/** The error that says what is wrong with a configuration. */
export function refusal(body: () => unknown): ConfigurationError {
  try {
    body();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error("expected a ConfigurationError");
}
