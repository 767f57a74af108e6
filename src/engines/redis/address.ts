/** Where a server is: how options say so, and how servers tell of each other. */

import type { ClientOptions } from "./client.js";
import { textOf } from "./reply.js";

/** A host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address in what a server says: a host, which may be missing, and a port. `undefined`: it says none. */
export function addressIn(host: unknown, port: unknown, asked: string): Address | undefined {
  const number = Number(textOf(port));
  if (!Number.isInteger(number) || number < 1) return undefined;
  const name = host === null || host === undefined ? "" : textOf(host);
  return { host: name === "" ? asked : name, port: number };
}

/** The host in options of a client. */
export function hostIn({ url, socket }: ClientOptions): string {
  const { host } = (socket ?? {}) as { readonly host?: unknown };
  const written = typeof url === "string" ? new URL(url).hostname.replace(/^\[|\]$/g, "") : host;
  return typeof written === "string" && written !== "" ? written : "localhost";
}

/**
 * Options of a client of the server at an address.
 *
 * @param shared - What is said of all servers.
 * @param map - The option `nodeAddressMap`: where servers really are which tell of themselves by another address.
 */
export function optionsAt(address: Address, shared: unknown, map: unknown): ClientOptions {
  const { host, port } = address;
  const name = `${host}:${port}`;
  const mapped: unknown =
    typeof map === "function" ? map(name) : ((map ?? {}) as Readonly<Record<string, unknown>>)[name];
  return joined((shared ?? {}) as ClientOptions, { socket: (mapped ?? { host, port }) as ClientOptions });
}

/** Options, and below them others that hold where these say nothing. */
export function joined(shared: ClientOptions, own: ClientOptions): ClientOptions {
  return { ...shared, ...own, socket: { ...(shared.socket as object), ...(own.socket as object) } };
}
