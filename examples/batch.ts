/** Many at once: batches of single calls, lists of calls, and a cache that is filled beforehand. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acache, batch, mcache } from "twat-cache";

// A source that answers for many ids at once: a database, an interface over the network.
const names = new Map([
  [1, "Ada"],
  [2, "Grace"],
  [3, "Edsger"],
]);
const queries: string[] = [];
async function selectUsers(ids: readonly number[]): Promise<({ id: number; name: string } | Error)[]> {
  queries.push(`id in (${[...ids].sort().join()})`);
  return ids.map((id) => {
    const name = names.get(id);
    return name === undefined ? new Error(`There is no user ${id}.`) : { id, name };
  });
}

// Each part of the program asks for one user; the source is asked once for all of them.
const user = batch(selectUsers, { ttl: "5m" });
const greet = async (id: number): Promise<string> => `Hello, ${(await user(id)).name}`;
console.log((await Promise.all([greet(1), greet(2), greet(1)])).join("; ")); // => Hello, Ada; Hello, Grace; Hello, Ada
console.log(queries.join("; ")); // => id in (1,2)

// What is cached is not asked for again; who does not exist concerns nobody but who asked.
const [ada, nobody, edsger] = await Promise.allSettled([user(1), user(9), user(3)]);
console.log(ada.status, nobody.status, edsger.status, queries.at(-1)); // => fulfilled rejected fulfilled id in (3,9)

// A list of calls is a call for each, in its order.
const users = await user.cache.many([[3], [1], [3]]);
console.log(users.map(({ name }) => name).join()); // => Edsger,Ada,Edsger

// On disk the same: the next run of the program asks only for what is new.
const cacheDir = mkdtempSync(join(tmpdir(), "batch-"));
const kept = batch(selectUsers, { cacheDir, folderName: "users", maxBatch: 100 });
await kept.cache.many([[1], [2], [3]]);
console.log(await kept.cache.has(2), queries.at(-1)); // => true id in (1,2,3)
await kept.cache.close();
rmSync(cacheDir, { recursive: true });

// Lists of calls are there for any cached function; without promises, without promises.
const cube = mcache((n: number) => n ** 3);
console.log(cube.cache.many([[2], [3]]).join()); // => 8,27

// Filled before the first visitor comes, with two calls under way at a time.
const page = acache(async (path: string) => {
  if (path === "/broken") throw new Error("The page is broken.");
  return `<h1>${path}</h1>`;
});
const told: string[] = [];
const result = await page.cache.warm([["/"], ["/about"], ["/broken"]], {
  concurrency: 2,
  onProgress: ({ done, total }) => told.push(`${done}/${total}`),
});
console.log(result.loaded, result.skipped, result.failed, told.join(" ")); // => 2 0 1 1/3 2/3 3/3
