/** What every engine must do, in stores of Keyv of several kinds. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import KeyvRedis from "@keyv/redis";
import KeyvSqlite from "@keyv/sqlite";
import { Keyv } from "keyv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AsyncEngine } from "../../src/contract/index.js";
import { givenEngine } from "../../src/engines/index.js";
import { engineConformance } from "../../src/testing/index.js";
import { hasMemcached, hasPostgres, type OpenStore, openMemcached, openPostgres } from "../support/keyv-stores.js";
import { hasRedis, RedisServer } from "../support/redis-server.js";

async function openSqlite(): Promise<OpenStore> {
  const directory = mkdtempSync(join(tmpdir(), "twat-cache-keyv-"));
  const store = new KeyvSqlite(`sqlite://${join(directory, "keyv.sqlite")}`);
  return {
    store,
    async remove() {
      await store.disconnect();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function openRedis(): Promise<OpenStore> {
  const server = await RedisServer.start();
  const store = new KeyvRedis(server.url);
  return {
    store,
    async remove() {
      await store.disconnect(true);
      await server.remove();
    },
  };
}

const none = async (): Promise<void> => undefined;
const kinds: readonly (readonly [string, boolean, () => Promise<OpenStore>, lists: boolean])[] = [
  ["a Map", true, async () => ({ store: new Map(), remove: none }), true],
  ["@keyv/sqlite", true, openSqlite, true],
  ["@keyv/redis", hasRedis, openRedis, true],
  ["@keyv/postgres", hasPostgres, openPostgres, true],
  ["@keyv/memcache", hasMemcached, openMemcached, false],
];

const shapes = [
  ["in a Keyv", (opened: OpenStore) => new Keyv({ store: opened.store, namespace: "a_b%c" })],
  ["by itself", (opened: OpenStore) => opened.store],
] as const;

for (const [kind, isThere, open, lists] of kinds) {
  describe.runIf(isThere).each(shapes)(`the engine keyv conforms on ${kind} %s`, (_shape, wrap) => {
    let opened: OpenStore | undefined;
    let engine: AsyncEngine;
    beforeAll(async () => {
      opened = await open();
      engine = givenEngine(wrap(opened)) as AsyncEngine;
    });
    afterAll(() => opened?.remove());

    // The cases are made before there is a server.
    const later: AsyncEngine = {
      ...(givenEngine(lists ? new Map() : new Keyv({ store: mute() })) as AsyncEngine),
      open: (options) => engine.open(options),
    };
    it("says whether it can be walked through", () => expect(engine.capabilities.lists).toBe(lists));
    for (const [i, { name, run }] of engineConformance(later).entries()) it(`${i}: ${name}`, run, 30_000);
  });
}

/** A store that cannot be walked through. */
function mute(): object {
  const map = new Map<string, unknown>();
  return {
    get: (key: string) => map.get(key),
    set: (key: string, value: unknown) => void map.set(key, value),
    delete: (key: string) => map.delete(key),
    clear: () => map.clear(),
  };
}
