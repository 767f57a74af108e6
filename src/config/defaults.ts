/** What a program has said for all its caches: the layer above what is built in. */

type Options = Readonly<Record<string, unknown>>;

let defaults: Options = {};

/** The options for all caches. */
export function defaultOptions(): Options {
  return defaults;
}

/** Puts options, which are right, in the place of the earlier ones. */
export function replaceDefaults(options: Options): void {
  defaults = options;
}
