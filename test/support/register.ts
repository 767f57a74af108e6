/**
 * Judges what several processes did to keys that they shared: each key must behave like one register, whose operations
 * take effect at some moment between their begin and their end (Herlihy and Wing, linearizability).
 *
 * An operation without an end was not acknowledged: it may have taken effect, at any time, or not. What a function gave is
 * a write without an end, but it must not take effect after a removal that began when the function was running.
 */

/** What one process did to one key. */
export interface Operation {
  readonly process: string;
  readonly kind: "set" | "load" | "delete" | "get";
  readonly key: string;
  /** What was written or read, no two writes alike; `undefined`: nothing was there. */
  readonly value: string | undefined;
  /** Milliseconds on the clock that all processes share. */
  readonly start: number;
  /** `Infinity`: it was not acknowledged. */
  readonly end: number;
  /** When its process died: if it has not taken effect by then, it never does. */
  readonly death?: number;
}

/** A change, and when it has taken effect for certain: when it ended, or when somebody saw it. */
interface Change {
  readonly operation: Operation;
  seen: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** When a change has taken effect, if ever. */
function settled({ operation, seen }: Change): number {
  return Math.min(seen, operation.death ?? NEVER);
}

/** What is wrong with the operations, in words; empty: nothing. */
export function judge(operations: readonly Operation[]): string[] {
  const byKey = new Map<string, Operation[]>();
  for (const operation of operations) {
    const list = byKey.get(operation.key);
    if (list === undefined) byKey.set(operation.key, [operation]);
    else list.push(operation);
  }
  return [...byKey.values()].flatMap(judgeKey);
}

function judgeKey(operations: readonly Operation[]): string[] {
  const reads = operations.filter(({ kind }) => kind === "get");
  const changes = operations
    .filter(({ kind }) => kind !== "get")
    .map((one): Change => ({ operation: one, seen: one.end }));
  const writes = new Map(
    changes.flatMap((change) => (change.operation.kind === "delete" ? [] : [[change.operation.value, change]])),
  );
  for (const { value, end } of reads) {
    const write = writes.get(value);
    if (write !== undefined) write.seen = Math.min(write.seen, end);
  }
  const overtaking = overtaker(changes);
  const refilling = overtaker(changes.filter(({ operation }) => operation.kind !== "delete"));
  const removing = overtaker(changes.filter(({ operation }) => operation.kind === "delete"));
  const emptied = emptier(changes, refilling);
  return reads.flatMap((read) => {
    const words = (what: string): string[] => [`${what}: ${show(read)}`];
    if (read.value === undefined) return emptied(read) ? [] : words("an acknowledged write is lost");
    const write = writes.get(read.value);
    if (write === undefined) return words("a value that nobody wrote");
    if (write.operation.start > read.end) return words("a value that was written later");
    const fenced = write.operation.kind === "load" ? removing(write.operation.start) : undefined;
    const gone = fenced !== undefined && fenced.seen < read.start ? fenced : overtaking(settled(write));
    if (gone.seen >= read.start) return [];
    const by = gone.change === undefined ? "" : ` after ${show(gone.change.operation)}`;
    return words(`a value that was ${gone.change?.operation.kind === "delete" ? "deleted" : "replaced"} is back${by}`);
  });
}

type Overtaker = (moment: number) => { readonly seen: number; readonly change: Change | undefined };

/** For a moment: which of the changes that began after it had taken effect first. */
function overtaker(changes: readonly Change[]): Overtaker {
  const sorted = [...changes].sort((one, other) => one.operation.start - other.operation.start);
  const first: { readonly seen: number; readonly change: Change | undefined }[] = [];
  let best: { readonly seen: number; readonly change: Change | undefined } = { seen: NEVER, change: undefined };
  for (let at = sorted.length - 1; at >= 0; at -= 1) {
    const change = sorted[at] as Change;
    if (change.seen < best.seen) best = { seen: change.seen, change };
    first[at] = best;
  }
  return (moment) => {
    let from = 0;
    for (let to = sorted.length; from < to; ) {
      const middle = (from + to) >> 1;
      if ((sorted[middle] as Change).operation.start > moment) to = middle;
      else from = middle + 1;
    }
    return first[from] ?? { seen: NEVER, change: undefined };
  };
}

/** Whether a read may have found nothing: some removal, or the beginning, was not followed by a write before it. */
function emptier(changes: readonly Change[], refilling: Overtaker): (read: Operation) => boolean {
  const removals = changes
    .filter(({ operation }) => operation.kind === "delete")
    .map((removal) => ({ start: removal.operation.start, until: refilling(settled(removal)).seen }));
  removals.push({ start: -NEVER, until: refilling(-NEVER).seen });
  removals.sort((one, other) => one.start - other.start);
  let longest = -NEVER;
  const until = removals.map((removal) => {
    longest = Math.max(longest, removal.until);
    return longest;
  });
  return (read) => {
    let from = 0;
    for (let to = removals.length; from < to; ) {
      const middle = (from + to) >> 1;
      if ((removals[middle] as { start: number }).start >= read.end) to = middle;
      else from = middle + 1;
    }
    return (until[from - 1] ?? -NEVER) >= read.start;
  };
}

function show({ process, kind, key, value, start, end }: Operation): string {
  return `${process} ${kind} ${key} ${value ?? "nothing"} [${start.toFixed(3)}, ${end.toFixed(3)}]`;
}
