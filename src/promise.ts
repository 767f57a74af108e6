/** Promises that nobody waits for. */

/**
 * Hears what a promise rejects with that nobody waits for, since such a rejection ends the program. Whether the thing is a
 * promise: one of the language, of whatever class and with whatever properties. Other thenables are left alone, as many
 * of them begin their work when `then` is called.
 *
 * @param hear - Is told what the promise rejects with. Default: nobody is.
 */
export function overhear(thing: unknown, hear: (error: unknown) => void = () => undefined): boolean {
  if (typeof thing !== "object" || thing === null) return false;
  try {
    // First what is cheap: to be thrown at takes a thousand times as long.
    if (typeof (thing as { then?: unknown }).then !== "function") return false;
    // The language's own method, which throws for what is no promise.
    Promise.prototype.then.call(thing, undefined, hear);
    return true;
  } catch {
    return false;
  }
}
