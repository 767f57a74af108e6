/** Results that go together, and are invalidated together. */

import { acache, fcache, invalidateNamespaces, invalidateTags, withCache } from "twat-cache";

const books = new Map([
  [1, { id: 1, author: "Le Guin", title: "The Dispossessed" }],
  [2, { id: 2, author: "Lem", title: "Solaris" }],
]);
let reads = 0;

// The tags of a result are said by the result.
const book = acache(
  async (id: number) => {
    reads += 1;
    return books.get(id);
  },
  { tags: (found, id) => [`book:${id}`, ...(found ? [`author:${found.author}`] : [])] },
);
// Other functions have results with the same tags, on other engines too.
const shelf = fcache(
  async function shelf(author: string) {
    reads += 1;
    return [...books.values()].filter((one) => one.author === author).map(({ title }) => title);
  },
  { tags: (_titles, author) => [`author:${author}`], folderName: "example-tags" },
);
await shelf.cache.clear();

await Promise.all([book(1), book(2), shelf("Lem")]);
console.log(reads); // => 3

// One book has changed: all that was made of its author's books is invalid, and nothing else is.
books.set(2, { id: 2, author: "Lem", title: "The Cyberiad" });
await invalidateTags("author:Lem");
console.log((await book(2))?.title, (await shelf("Lem")).join(), reads); // => The Cyberiad The Cyberiad 5
console.log((await book(1))?.title, reads); // => The Dispossessed 5

// Of one function alone.
book.cache.invalidateTags("book:1");
await book(1);
console.log(reads); // => 6

// A name space for each tenant: what one has is not what another has, and goes when the tenant goes.
const inTenant = (tenant: string) => withCache({ namespace: tenant }, () => book(1));
await inTenant("north");
await inTenant("south");
console.log(reads); // => 8
await invalidateNamespaces("north");
await inTenant("south");
console.log(reads); // => 8
await inTenant("north");
console.log(reads); // => 9
await shelf.cache.clear();
