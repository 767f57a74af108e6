/** The slots of a cluster: in which one a key lies, and who has it. */

import { type Address, addressIn } from "./address.js";

const SLOTS = 16_384;

/** The slot of a key: the CRC-16 (XMODEM) of what stands between its first braces, or of all of it. */
export function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = key.indexOf("}", open + 1);
  const isTagged = open >= 0 && close > open + 1;
  let crc = 0;
  for (const byte of Buffer.from(isTagged ? key.slice(open + 1, close) : key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}

/** Who has which slot, in an answer to CLUSTER SLOTS. Throws where nobody has any. @param asked - The host that said so. */
export function ownersIn(reply: unknown, asked: string): readonly (Address | undefined)[] {
  const owners: (Address | undefined)[] = Array(SLOTS).fill(undefined);
  for (const [from, to, node] of (Array.isArray(reply) ? reply : []) as readonly unknown[][]) {
    const [host, port] = (node ?? []) as readonly unknown[];
    const address = addressIn(host, port, asked);
    if (address !== undefined) owners.fill(address, Number(from), Number(to) + 1);
  }
  if (owners.every((owner) => owner === undefined)) throw new Error("The server knows of no slots of a cluster.");
  return owners;
}

/** Who has a slot, in an error that says so: "MOVED 3999 127.0.0.1:6381". */
export function movedTo(error: unknown, asked: string): Address | undefined {
  const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec(error instanceof Error ? error.message : "") ?? [];
  return port === undefined ? undefined : addressIn(host, port, asked);
}
