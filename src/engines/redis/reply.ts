/** What the server answers, and what that means. */

/** How far the removals of a cache had come. */
export interface RedisFence {
  readonly epoch: string;
  readonly count: number;
  /** The text that said so. */
  readonly text: string;
}

/** The text of a reply. */
export function textOf(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString("latin1") : String(reply);
}

/** What the text of a `meta` says: a fence, and the last removal of everything. */
interface Meta extends RedisFence {
  readonly cleared: number;
}

/** Texts that were read. Each lookup gets three, which are mostly those that the last one got. */
const known = new Map<string, Meta | undefined>();
const MAX_KNOWN = 100;

function read(reply: unknown): Meta | undefined {
  const text = textOf(reply);
  const found = known.get(text);
  if (found !== undefined || known.has(text)) return found;
  const [, epoch, count, cleared] = /^([0-9a-f]+):(\d+)(?::(\d+):)?/.exec(text) ?? [];
  const made = epoch === undefined ? undefined : { epoch, count: Number(count), text, cleared: Number(cleared) };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, made);
  return made;
}

/** The fence in "epoch:count", whatever comes after that; `undefined`: it is none. */
export function fenceIn(reply: unknown): RedisFence | undefined {
  return reply === null || reply === undefined ? undefined : read(reply);
}

/** The error for an answer that no server of the kind gives. Whether the operation was carried out, it does not say. */
export function nonsense(): Error {
  return new Error("The server gave an answer that makes no sense.");
}

/** The number in a reply. Throws where there is none. */
export function numberIn(reply: unknown): number {
  const number = typeof reply === "number" || Buffer.isBuffer(reply) ? Number(textOf(reply)) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw nonsense();
  return number;
}

/** The list in a reply, with so many items. Throws for anything else. */
export function requireList(reply: unknown, length: number): readonly unknown[] {
  if (!Array.isArray(reply) || reply.length !== length) throw nonsense();
  return reply;
}

/** The fence in a reply. Throws where there is none. */
export function requireFence(reply: unknown): RedisFence {
  const fence = fenceIn(reply);
  if (fence === undefined) throw nonsense();
  return fence;
}

/** Bytes in which the end of what stands before a record is looked for. */
const LONGEST_HEAD = 48;

/** What is stored: a record, and before it the fence under which it was made. */
export function storedOf(record: Buffer, { epoch, count }: RedisFence): Buffer {
  const head = `${epoch}:${count}\n`;
  const stored = Buffer.allocUnsafe(head.length + record.byteLength);
  stored.write(head, "latin1");
  record.copy(stored, head.length);
  return stored;
}

/**
 * The record in what was stored, if nothing has cleared the cache since.
 *
 * @param meta - The text of the cache's `meta`.
 */
export function recordIn(stored: unknown, meta: unknown): Buffer | undefined {
  if (!Buffer.isBuffer(stored)) return undefined;
  const end = stored.subarray(0, LONGEST_HEAD).indexOf("\n");
  const written = end < 0 ? undefined : fenceIn(stored.subarray(0, end));
  const { epoch, cleared } = read(meta) ?? {};
  if (written === undefined || cleared === undefined || written.epoch !== epoch) return undefined;
  // Not so, too, where `meta` says nothing of it.
  if (!(written.count >= cleared)) return undefined;
  return stored.subarray(end + 1);
}
