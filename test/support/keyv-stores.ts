/** Stores of Keyv on real servers, each with something of the test's own that is removed afterwards. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { KeyvMemcache } from "@keyv/memcache";
import { KeyvPostgres } from "@keyv/postgres";
import pg from "pg";
import type { KeyvStore } from "twat-cache";
import { freePort } from "./redis-server.js";

/** Where there is no such server, the tests are left out with a line. */
function absent(what: string): false {
  console.warn(`Skipped: tests with ${what}.`);
  return false;
}

/** A store, and how to be rid of it. */
export interface OpenStore {
  readonly store: KeyvStore & { readonly namespace?: unknown };
  remove(): Promise<void>;
}

/** The PostgreSQL server, for the tests. */
export const postgresUrl: string = process.env.TWAT_CACHE_TEST_POSTGRES ?? "postgresql://postgres@127.0.0.1:5432/test";

/** Has the server do something, by a connection of its own. */
export async function onPostgres(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Whether there is a PostgreSQL server to connect to. */
export const hasPostgres: boolean = await onPostgres("SELECT 1").then(
  () => true,
  () => absent("PostgreSQL. No server answers at TWAT_CACHE_TEST_POSTGRES, or at 127.0.0.1:5432"),
);

/** A table of its own, which is dropped afterwards. */
export async function openPostgres(): Promise<OpenStore> {
  const table = `twat_cache_test_${process.pid}_${Date.now()}`;
  const store = new KeyvPostgres({ uri: postgresUrl, table, max: 4 });
  // Until the table is there, nothing else is to ask for it.
  await store.query("SELECT 1");
  return {
    store,
    async remove() {
      await store.disconnect();
      await onPostgres(`DROP TABLE IF EXISTS ${table}`);
    },
  };
}

/** Whether there is a Memcached to start. */
export const hasMemcached: boolean = (() => {
  try {
    execFileSync("memcached", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return absent("Memcached. There is no memcached on the path");
  }
})();

/** A server of its own, which ends afterwards. */
export async function openMemcached(): Promise<OpenStore & { readonly child: ChildProcess }> {
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn("memcached", ["-l", "127.0.0.1", "-p", String(port), "-m", "64", ...user], { stdio: "ignore" });
  await accepts(port);
  const store = new KeyvMemcache(`127.0.0.1:${port}`, { logger: { log: () => undefined } });
  return {
    store,
    child,
    async remove() {
      store.client.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function accepts(port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      socket.destroy();
    }
  }
  throw new Error("memcached did not start.");
}
