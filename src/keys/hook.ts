/** The hook by which an object says what stands for it in a key. */

/**
 * A method under this symbol says what stands for an object in a key. Without it, an instance of a class is told apart
 * by being itself, since its private state cannot be seen.
 *
 * @example
 * ```ts
 * import { cacheKey, mcache } from "twat-cache";
 * class User {
 *   constructor(readonly id: number) {}
 *   [cacheKey]() {
 *     return this.id;
 *   }
 * }
 * let runs = 0;
 * const greet = mcache((user: User) => `${++runs}: hello, user ${user.id}`);
 * greet(new User(7));
 * console.log(greet(new User(7))); // => 1: hello, user 7
 * ```
 */
export const cacheKey: unique symbol = Symbol.for("twat-cache.cacheKey") as typeof cacheKey;

/** The object's own answer to what stands for it in a key, as a function; `undefined` when it has none. */
export function hookOf(thing: object): (() => unknown) | undefined {
  const hook = (thing as { [cacheKey]?: unknown })[cacheKey];
  return typeof hook === "function" ? () => hook.call(thing) : undefined;
}
