/** Telling proxies from the objects behind them. */

type NodeProcess = {
  getBuiltinModule?(name: "node:util"): { types: { isProxy(value: unknown): boolean } } | undefined;
};

/** Whether an object is a Proxy. Only Node can tell; elsewhere a proxy is taken for what it shows. */
export const isProxy: (value: object) => boolean =
  (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.("node:util")?.types.isProxy ?? (() => false);
