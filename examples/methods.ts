/** Caching methods, under standard decorators; with `experimentalDecorators` it reads the same. */

import { acache, cacheOf, mcache, ucache } from "twat-cache";

class Repository {
  static loads = 0;

  constructor(readonly tenant: string) {}

  /** One cache for each repository. */
  @ucache({ ttl: "10m" })
  async find(id: string): Promise<string> {
    Repository.loads += 1;
    return `${this.tenant}/${id}`;
  }

  /** One cache for all repositories of a tenant. */
  @acache({ scope: "shared", thisKey: (self) => (self as Repository).tenant })
  async settings(): Promise<object> {
    Repository.loads += 1;
    return { tenant: this.tenant };
  }

  /** Computed once for each repository. */
  @mcache
  get fingerprint(): string {
    Repository.loads += 1;
    return [...this.tenant].reverse().join("");
  }

  /** Private and static members too. */
  @mcache({ maxSize: 10 })
  static #slug(title: string): string {
    Repository.loads += 1;
    return title.toLowerCase().replaceAll(" ", "-");
  }

  static slug(title: string): string {
    return Repository.#slug(title);
  }
}

const [one, two] = [new Repository("one"), new Repository("two")];
console.log(await one.find("a"), await one.find("a"), await two.find("a"), Repository.loads); // => one/a one/a two/a 2

const twin = new Repository("one");
console.log((await one.settings()) === (await twin.settings()), Repository.loads); // => true 3
console.log(one.fingerprint, one.fingerprint, Repository.loads); // => eno eno 4
console.log(Repository.slug("A title"), Repository.slug("A title"), Repository.loads); // => a-title a-title 5

// The handle of one instance's cache, and of all.
const cache = cacheOf(one, "find");
console.log(await cache.has("a"), await cache.delete("a"), await cache.has("a")); // => true true false
console.log(await cacheOf(two, "find").has("a")); // => true
await cacheOf(one.find).clear();
console.log(await cacheOf(two, "find").has("a")); // => false
