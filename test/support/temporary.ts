import { afterEach } from "vitest";
import { makeTemporary, removeTemporary } from "./disk-stores.js";

/**
 * New directories for the tests of the file, removed after each test: last of all, where this is called before hooks that
 * end what lies in them.
 */
export function temporaryDirectories(): () => string {
  const made: string[] = [];
  afterEach(() => {
    for (const directory of made.splice(0)) removeTemporary(directory);
  });
  return () => {
    const directory = makeTemporary();
    made.push(directory);
    return directory;
  };
}
