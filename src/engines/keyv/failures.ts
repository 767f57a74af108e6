/** What a store of Keyv says of its failures by the event "error", which is where most of them end. */

/** Objects with events, as far as they are used here. */
interface Emitter {
  on?(event: "error", hear: (error: unknown) => void): unknown;
}

/** Counts what one object has told of. */
export class Failures {
  count = 0;
  last: unknown;
}

/** One listener an object, however many caches use it. */
const known = new WeakMap<object, Failures>();

/** The failures of an object, from now on. Who listens also sees to it that such an event does not end the program. */
export function failuresOf(thing: object): Failures {
  const found = known.get(thing);
  if (found !== undefined) return found;
  const failures = new Failures();
  known.set(thing, failures);
  const { on } = thing as Emitter;
  if (typeof on !== "function") return failures;
  on.call(thing, "error", (error) => {
    failures.count += 1;
    failures.last = error;
  });
  return failures;
}
