/** Values of all sorts through stores of Keyv come back exactly, whatever the store makes of texts. */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv6";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMemcached, hasPostgres, type OpenStore, openMemcached, openPostgres } from "../support/keyv-stores.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";
import { generated, refusals, roundTrips, type Way } from "../support/round-trips.js";
import { codeRuns, kinds, refusedKinds } from "../support/values.js";

// A machine that is slow makes the library warn.
collectLog();

const none = async (): Promise<void> => undefined;
const backwards = (text: string): string => [...text].reverse().join("");
const compression = {
  compress: async (value: string) => deflateRawSync(value),
  decompress: async (value: Buffer) => inflateRawSync(value).toString(),
  serialize: (data: object) => JSON.stringify(data),
  deserialize: (text: string) => JSON.parse(text),
};
const sorts: readonly (readonly [string, boolean, () => Promise<OpenStore>])[] = [
  ["Keyv", true, async () => ({ store: new Keyv(), remove: none })],
  ["Keyv 6", true, async () => ({ store: new Keyv6({ namespace: "six" }), remove: none })],
  [
    "Keyv with a serialization of its own",
    true,
    async () => ({
      store: new Keyv({
        serialize: (data) => backwards(JSON.stringify(data)),
        deserialize: (text) => JSON.parse(backwards(text)),
      }),
      remove: none,
    }),
  ],
  ["Keyv that compresses", true, async () => ({ store: new Keyv({ compression }), remove: none })],
  ["PostgreSQL", hasPostgres, async () => inKeyv(await openPostgres())],
  ["Memcached", hasMemcached, async () => inKeyv(await openMemcached())],
];

function inKeyv({ store, remove }: OpenStore): OpenStore {
  return { store: new Keyv({ store }), remove };
}

for (const [sort, isThere, open] of sorts) {
  describe.runIf(isThere)(`through ${sort}`, () => {
    let opened: OpenStore;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened?.remove());
    const way = (name: string, options: Way["options"] = {}): Way => ({
      engine: opened.store,
      cacheDir: "/nowhere",
      name,
      options,
    });

    it("all kinds of values come back exactly", async () => {
      const makers = kinds.map(({ make }) => make);
      expect(await roundTrips(way("plain"), makers)).toBe(kinds.length);
      const options = { compress: true, encryptionKey: "0f".repeat(32) };
      expect(await roundTrips(way("encrypted", options), makers)).toBe(kinds.length);
    }, 60_000);

    it(`generated values come back exactly (SEED=${seed})`, async () => {
      expect(await roundTrips(way("generated"), generated(createRandom(seed), 200))).toBe(200);
    }, 60_000);

    it("what cannot be kept exactly is returned, and not stored", async () => {
      const runs = codeRuns();
      await refusals(
        way("refused"),
        refusedKinds.map(({ make }) => make),
      );
      expect(codeRuns() - runs).toBe(0);
    }, 60_000);
  });
}
