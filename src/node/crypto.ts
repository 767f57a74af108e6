/** What this library uses of `node:crypto`, which is loaded at the first call: a program without caches on disk has none. */

type Crypto = typeof import("node:crypto");
type Name = {
  [N in keyof Crypto]: Crypto[N] extends (...args: never) => unknown ? N : never;
}[keyof Crypto];

/** The function of that name, found at its first call. */
function lazily<N extends Name>(name: N): Crypto[N] {
  let found: ((...args: unknown[]) => unknown) | undefined;
  const call = (...args: unknown[]): unknown => {
    found ??= process.getBuiltinModule("node:crypto")[name] as (...args: unknown[]) => unknown;
    return found(...args);
  };
  return call as Crypto[N];
}

export const createCipheriv: Crypto["createCipheriv"] = lazily("createCipheriv");
export const createDecipheriv: Crypto["createDecipheriv"] = lazily("createDecipheriv");
export const createHash: Crypto["createHash"] = lazily("createHash");
export const createHmac: Crypto["createHmac"] = lazily("createHmac");
export const hash: Crypto["hash"] = lazily("hash");
export const randomBytes: Crypto["randomBytes"] = lazily("randomBytes");
export const randomFillSync: Crypto["randomFillSync"] = lazily("randomFillSync");
export const randomUUID: Crypto["randomUUID"] = lazily("randomUUID");
export const timingSafeEqual: Crypto["timingSafeEqual"] = lazily("timingSafeEqual");
