/** The part of the package cacache that is used here. */

/** See https://github.com/npm/cacache#api. */
export interface Cacache {
  put(
    cache: string,
    key: string,
    data: Buffer,
    options: { readonly algorithms: readonly string[]; readonly metadata: unknown },
  ): Promise<unknown>;
  readonly get: {
    byDigest(cache: string, integrity: string, options: { readonly size: number }): Promise<Buffer>;
  };
}

/** Loads the package. Rejects where it is not there. */
export async function loadCacache(): Promise<Cacache> {
  const { default: cacache } = await import("cacache");
  return cacache as unknown as Cacache;
}
