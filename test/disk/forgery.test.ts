import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/contract/index.js";
import type { Key } from "../../src/keys/index.js";
import {
  engineNamed,
  entryOf,
  idOf,
  makeTemporary,
  openStore,
  persistentEngines,
  removeTemporary,
  type Store,
  storedIn,
} from "../support/disk-stores.js";
import { at, fileNameOf, forge, type Lair, readRecord, writeRecord } from "../support/forger.js";
import { collectLog } from "../support/log.js";
import { createRandom, seed } from "../support/random.js";

const secret = Buffer.from("a secret that is long enough");
const encryptionKey = Buffer.alloc(32, 7);
const VALUE = { mine: true, text: "a value ".repeat(20) };
const MEGABYTE = 1_000_000;

collectLog();
let cacheDir = "";
beforeEach(() => {
  cacheDir = makeTemporary();
});
afterEach(() => removeTemporary(cacheDir), 60_000);

describe.each((await persistentEngines()).map(({ name }) => name))("records on %s", (engine) => {
  const lair = (cache = "test"): Lair => ({ engine, cacheDir, cache });

  /** Works with a store that is closed afterwards; the reasons for which it found something damaged. */
  async function withStore(place: Partial<Place>, work: (store: Store) => Promise<void>): Promise<string[]> {
    const reasons: string[] = [];
    const onDamage = (reason: string): void => void reasons.push(reason);
    const store = await openStore(engineNamed(engine), cacheDir, place, { onDamage });
    try {
      await work(store);
    } finally {
      await store.close();
    }
    return reasons;
  }

  const fill = (place: Partial<Place>, ...keys: Key[]): Promise<unknown> =>
    withStore(place, async (store) => {
      for (const key of keys) await store.set(key, entryOf({ ...VALUE, key }));
    });

  /** Expects that a key has no value, and that one that is stored then is there. Why it had none. */
  async function expectMiss(key: Key, place: Partial<Place> = {}): Promise<string[]> {
    return withStore(place, async (store) => {
      expect(await storedIn(store, key)).toBe(undefined);
      expect(await store.set(key, entryOf("mended"))).toBe(true);
      expect(await storedIn(store, key)).toBe("mended");
    });
  }

  /** Changes the record of a key behind the store's back. */
  function tamper(key: Key, change: (record: Buffer) => Buffer, key32?: Uint8Array): void {
    const id = fileNameOf("test", key, key32);
    writeRecord(lair(), id, change(readRecord(lair(), id)));
  }

  describe.each([
    ["without a secret", {}],
    ["with a secret", { secret }],
    ["encrypted", { encryptionKey }],
    ["with a secret and encrypted", { secret, encryptionKey }],
  ] as const)("%s", (_what, place: Partial<Place>) => {
    const key32 = place.secret ?? place.encryptionKey;
    const idIn = (cache: string, key: Key): string => fileNameOf(cache, key, key32);

    it("are believed where they were written", async () => {
      await fill(place, "a");
      const id = idIn("test", "a");
      writeRecord(lair(), id, readRecord(lair(), id));
      await withStore(place, async (store) => expect(await storedIn(store, "a")).toEqual({ ...VALUE, key: "a" }));
    });

    it("are not taken for those of another key", async () => {
      await fill(place, "a", "b", 1, "1");
      writeRecord(lair(), idIn("test", "b"), readRecord(lair(), idIn("test", "a")));
      writeRecord(lair(), idIn("test", "1"), readRecord(lair(), idIn("test", 1)));
      for (const key of ["b", "1"]) expect(await expectMiss(key, place)).toEqual(["It is the record of another key."]);
      // Files of the same content are one: with the copy, the original has gone.
      const original = engine === "file" ? undefined : { ...VALUE, key: "a" };
      await withStore(place, async (store) => expect(await storedIn(store, "a")).toEqual(original));
    });

    it("are not taken for those of another function", async () => {
      await fill(place, "a");
      writeRecord(lair("other"), idIn("other", "a"), readRecord(lair(), idIn("test", "a")));
      const reasons = await expectMiss("a", { ...place, id: idOf("other") });
      expect(reasons).toEqual(["It is the record of another key."]);
    });

    it("are not taken for those of another key when they say so, where there is a secret", async () => {
      await fill(place, "a", "b");
      const record = readRecord(lair(), idIn("test", "a"));
      const owned = forge(record, (head) => void head.write(idIn("test", "b"), at.id, "base64url"));
      writeRecord(lair(), idIn("test", "b"), owned);
      // Without one, who may write there may make any record: it must not do more harm than that.
      if (key32 !== undefined) return expect(await expectMiss("b", place)).toEqual(["Its seal is broken."]);
      return withStore(place, async (store) => void (await store.get("b")));
    });

    it("are not believed when times, traits or lengths were changed, but for what can be forged without a secret", async () => {
      const random = createRandom(seed);
      const changes: readonly ((head: Buffer) => unknown)[] = [
        (head) => head.writeDoubleBE(9e15, at.expiresAt),
        (head) => head.writeDoubleBE(Number.NEGATIVE_INFINITY, at.expiresAt),
        (head) => head.writeDoubleBE(-9e15, at.createdAt),
        (head) => head.writeUInt8(0xff, at.traits),
        ...Array.from({ length: 40 }, () => (head: Buffer) => {
          const place = at.traits + Math.floor(random() * (at.owner - at.traits));
          head.writeUInt8(Math.floor(random() * 256), place);
        }),
      ];
      for (const change of changes) {
        await fill(place, "a", "b");
        const before = readRecord(lair(), idIn("test", "a"));
        const after = forge(before, (head) => void change(head));
        if (after.equals(before)) continue;
        writeRecord(lair(), idIn("test", "a"), after);
        await withStore(place, async (store) => {
          const value = await storedIn(store, "a");
          if (key32 !== undefined || value === undefined) expect(value).toBe(undefined);
          else expect(value).toEqual({ ...VALUE, key: "a" });
          await store.set("a", entryOf("mended"));
          expect(await storedIn(store, "a")).toBe("mended");
          expect(await storedIn(store, "b")).toEqual({ ...VALUE, key: "b" });
        });
      }
    });

    it("are not believed with another value", async () => {
      await fill(place, "a", "b");
      const body = forge(readRecord(lair(), idIn("test", "b")), () => undefined);
      tamper("a", (record) => forge(record, () => body.subarray(0, 50)), key32);
      expect(await expectMiss("a", place)).toHaveLength(1);
      if (key32 === undefined) return;
      tamper("b", (record) => forge(record, (_head, own) => Buffer.from(own).reverse()), key32);
      expect(await expectMiss("b", place)).toHaveLength(1);
    });

    it.each<readonly [string, (record: Buffer) => Buffer]>([
      ["of a newer format", (record) => forge(record, (head) => void head.writeUInt8(2, at.version))],
      ["of something else", (record) => forge(record, (head) => void head.write("zip", 0, "latin1"))],
      ["with an unknown seal", (record) => forge(record, (head) => void head.writeUInt8(9, at.seal))],
      ["with a weaker seal", (record) => forge(record, (head) => void head.writeUInt8(0, at.seal))],
      ["with the weakest seal", (record) => forge(record, (head) => void head.writeUInt8(2, at.seal))],
      ["with an unknown compression", (record) => forge(record, (head) => void head.writeUInt8(77, at.compression))],
      ["with another compression", (record) => forge(record, (head) => void head.writeUInt8(2, at.compression))],
      ["of another codec", (record) => forge(record, (head) => void head.write("exacT", at.codec, "latin1"))],
      [
        "with a longer name of a codec",
        (record) => forge(record, (head) => void head.writeUInt32BE(6, at.codecLength)),
      ],
      [
        "with a giant name of a codec",
        (record) => forge(record, (head) => void head.writeUInt32BE(2 ** 32 - 1, at.codecLength)),
      ],
      ["with a giant key", (record) => forge(record, (head) => void head.writeUInt32BE(2 ** 32 - 1, at.keyLength))],
      [
        "encrypted or not, unlike here",
        (record) => forge(record, (head) => void head.writeUInt8((head[at.encrypted] ?? 0) ^ 1, at.encrypted)),
      ],
      ["of a negative length", (record) => forge(record, (head) => void head.writeDoubleBE(-1, at.length))],
      ["of no length", (record) => forge(record, (head) => void head.writeDoubleBE(Number.NaN, at.length))],
      [
        "of an endless length",
        (record) => forge(record, (head) => void head.writeDoubleBE(Number.POSITIVE_INFINITY, at.length)),
      ],
      ["without a body", (record) => forge(record, () => Buffer.alloc(0))],
      ["without a head", (record) => record.subarray(0, 20)],
      ["without anything", () => Buffer.alloc(0)],
      ["of three bytes", () => Buffer.from([0, 0, 0])],
      ["that says its head is empty", (record) => Buffer.concat([record.subarray(0, -4), Buffer.alloc(4)])],
      [
        "that says its head is everything",
        (record) => Buffer.concat([record.subarray(0, -4), numberOf(record.length - 4)]),
      ],
      ["that says its head is more", (record) => Buffer.concat([record.subarray(0, -4), numberOf(record.length)])],
      ["that says its head is gigantic", (record) => Buffer.concat([record.subarray(0, -4), numberOf(2 ** 32 - 1)])],
      ["with more at its end", (record) => Buffer.concat([record, Buffer.alloc(9)])],
      ["with more at its beginning", (record) => Buffer.concat([Buffer.alloc(9), record])],
    ])("are a miss: %s", async (_kind, change) => {
      await fill(place, "a");
      const before = readRecord(lair(), idIn("test", "a"));
      const after = change(before);
      // One of the seals is the engine's own.
      if (after.equals(before)) return;
      tamper("a", () => after, key32);
      await expectMiss("a", place);
    });

    it("are a miss, and no error, with other keys", async () => {
      const others: Partial<Place>[] = [
        {},
        { secret },
        { secret: Buffer.from("another secret altogether") },
        { encryptionKey },
        { encryptionKey: Buffer.alloc(32, 8) },
        { secret, encryptionKey: Buffer.alloc(32, 9) },
        { secret, encryptionKey },
      ];
      for (const other of others) {
        const isSame = other.secret === place.secret && other.encryptionKey === place.encryptionKey;
        if (isSame) continue;
        await fill(place, "a");
        await expectMiss("a", other);
      }
    });

    it("say nothing of key and value where they are encrypted", async () => {
      if (place.encryptionKey === undefined) return;
      await fill(place, "a key that nobody may see");
      const record = readRecord(lair(), idIn("test", "a key that nobody may see"));
      expect(record.includes("a value")).toBe(false);
      expect(record.includes(Buffer.from("nobody", "utf16le"))).toBe(false);
    });
  });

  describe("that are bombs", () => {
    // Gigabytes of zeros: a stream may have many parts.
    const part = gzipSync(Buffer.alloc(10 * MEGABYTE));
    const bomb = Buffer.concat(Array.from({ length: 400 }, () => part));

    it.each([
      ["of a few bytes", 100],
      ["of some megabytes", 20 * MEGABYTE],
      ["of a terabyte", 1e12],
      ["of more than there is", Number.MAX_VALUE],
    ])("are not unpacked beyond what they claim: %s", async (_what, length) => {
      await fill({}, "a");
      tamper("a", (record) =>
        forge(record, (head) => {
          head.writeUInt8(1, at.compression);
          head.writeDoubleBE(length, at.length);
          return bomb;
        }),
      );
      const before = process.memoryUsage();
      const started = performance.now();
      let most = 0;
      const watch = setInterval(() => {
        const { rss } = process.memoryUsage();
        most = Math.max(most, rss - before.rss);
      }, 1);
      const reasons = await expectMiss("a");
      clearInterval(watch);
      most = Math.max(most, process.memoryUsage().rss - before.rss);
      expect(reasons).toHaveLength(1);
      expect(performance.now() - started).toBeLessThan(5_000);
      expect(most).toBeLessThan(200 * MEGABYTE);
    });

    it("are not even looked at where there is a secret", async () => {
      await fill({ secret }, "a");
      const change = (head: Buffer): Buffer => {
        head.writeUInt8(1, at.compression);
        head.writeDoubleBE(4_000 * MEGABYTE, at.length);
        return bomb;
      };
      tamper("a", (record) => forge(record, change), secret);
      expect(await expectMiss("a", { secret })).toEqual(["Its seal is broken."]);
    });
  });
});

function numberOf(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
