/** A library with caches that are nobody else's business, and a decorator made of a block. */

import { type AnyFunction, type BlockOptions, clearCache, createCache, getStats, withCache } from "twat-cache";

// In the library: caches of its own, with defaults.
const caches = createCache({ maxSize: 500, ttl: "10m", folderName: "my-markdown" });
let runs = 0;
const render = caches.mcache((text: string) => `<p>${text}</p> ${++runs}`, { name: "render", tags: ["pages"] });
const outline = caches.bcache((text: string) => text.split("\n").filter((line) => line.startsWith("#")), {
  name: "outline",
  version: 1,
});
/** What the library gives its users to get rid of it all. */
const forget = (): Promise<boolean> => caches.clearCache();

// In the program: nothing of the library is seen, or lost.
render("text");
await outline("# Title\ntext");
await clearCache();
console.log(render("text"), getStats().totalCaches, caches.listCaches().join()); // => <p>text</p> 1 0 render,outline
await forget();
console.log(render("text")); // => <p>text</p> 2
await caches.invalidateTags("pages");
console.log(render("text")); // => <p>text</p> 3

// A decorator of your own: each call of the function is a block.
function withOptions(options: BlockOptions) {
  return <F extends AnyFunction>(fn: F) =>
    (...args: Parameters<F>): Promise<Awaited<ReturnType<F>>> =>
      withCache(options, () => fn(...args));
}
const preview = withOptions({ bypass: true })((text: string) => render(text));
console.log(await preview("text"), render("text")); // => <p>text</p> 4 <p>text</p> 3

await caches.closeCaches();
