/** What only Node can tell, reached without an import, so that the library loads wherever JavaScript runs. */

/** The part of `node:util` that this library uses. */
interface NodeUtil {
  readonly types: { isProxy(value: unknown): boolean };
  isDeepStrictEqual(one: unknown, other: unknown): boolean;
}

type NodeProcess = { getBuiltinModule?(name: "node:util"): NodeUtil | undefined };

/** The module `node:util`; `undefined` elsewhere. */
export const nodeUtil: NodeUtil | undefined = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.(
  "node:util",
);
