/** `require`, for packages that are loaded at once when they are first needed. */

let made: NodeJS.Require | undefined;

function require(): NodeJS.Require {
  made ??= process.getBuiltinModule("node:module").createRequire(import.meta.url);
  return made;
}

/** What the package of that name exports. Throws when it cannot be loaded. */
export function requirePackage(name: string): unknown {
  return require()(name);
}

/** Where the package of that name is. Throws when it is not installed. */
export function resolvePackage(name: string): string {
  return require().resolve(name);
}
