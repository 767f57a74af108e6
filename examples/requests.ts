/** A server in small: caches that live as long as a request, and tenants that never see each other. */

import { acache, batch, invalidateNamespaces, mcache, withCache } from "twat-cache";

let queries = 0;
const user = batch(async (ids: number[]) => {
  queries += 1;
  return ids.map((id) => ({ id, name: `user ${id}`, query: queries }));
});
const greeting = acache(async (id: number) => `Hello, ${(await user(id)).name}`);

/** Whoever handles a request opens a block; what is called inside need not know of it. */
const handle = <T>(tenant: string, body: () => Promise<T>): Promise<T> =>
  withCache({ scope: "request", namespace: tenant }, body);

// In one request, calls share results and loads, and a batch is asked once.
const first = await handle("acme", async () => {
  const [one, two] = await Promise.all([user(1), user(2), user(1), greeting(1)]);
  return `${one.name} and ${two.name}, ${queries} query, ${(await user(1)) === one}`;
});
console.log(first); // => user 1 and user 2, 1 query, true

// The next one begins with nothing, and nothing was left behind.
await handle("acme", () => user(1));
console.log(queries, await user.cache.has(1)); // => 2 false

// What a request removes is removed for everybody; what it puts in is its own.
await user(3);
await withCache({ scope: "request" }, async () => {
  user.cache.set([3], { id: 3, name: "renamed", query: 0 });
  console.log(await greeting(3)); // => Hello, renamed
  user.cache.delete(3);
});
console.log(user.cache.has(3)); // => false

// Without `scope`, results stay from one request to the next, apart for each tenant.
let runs = 0;
const menu = mcache((page: string) => `${page} ${++runs}`);
const show = (tenant: string): Promise<string> => withCache({ namespace: tenant }, () => menu("home"));
console.log(await show("acme"), await show("zenith"), await show("acme")); // => home 1 home 2 home 1
await invalidateNamespaces("acme");
console.log(await show("acme"), await show("zenith")); // => home 3 home 2
