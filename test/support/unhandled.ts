/** Rejections that nobody hears of would end a program. */

import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { settle } from "./deferred.js";

/** Fails each test of the file that leaves such a rejection. */
export function expectNothingUnhandled(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeAll(() => void process.on("unhandledRejection", note));
  afterAll(() => void process.off("unhandledRejection", note));
  afterEach(async () => {
    await settle();
    expect(unhandled.splice(0)).toEqual([]);
  });
}
