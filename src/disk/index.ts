/** What every engine stands on that keeps entries on disk. */

export { absence, fenceOf, recordIn, recordOf } from "./answer.js";
export { Backoff } from "./backoff.js";
export { Changes, EVERYTHING, markOfEntry } from "./changes.js";
export { DamageError } from "./damage.js";
export {
  type DatabaseFile,
  type DatabasePlace,
  nameOfDatabase,
  prepareDatabase,
} from "./database-file.js";
export { ID_CHARACTERS, ID_OCTETS } from "./digest.js";
export { Envelope } from "./envelope.js";
export { type Fault, faultOf } from "./fault.js";
export { folderInvalidations } from "./folder-invalidations.js";
export { Gate } from "./gate.js";
export { Gathering, type Limit } from "./gathering.js";
export { idInHead } from "./head.js";
export { LeaseTable } from "./lease-table.js";
export { type Bounds, Ledger } from "./ledger.js";
export { CREATE_LIST, LIST_TABLE } from "./listing.js";
export { isAlive, removeOver, takeForAWhile, tryLock } from "./lock.js";
export { markOf } from "./mark.js";
export { Marks, markedStore, markedSyncStore } from "./marks.js";
export { partsOf } from "./record.js";
export type { AsyncRecords, More, RecordFacts, Seen, SyncRecords } from "./records.js";
export { reasonOf, requirePlace } from "./require-place.js";
export { sealedStore, sealedSyncStore, timeFor } from "./sealed-store.js";
export { checkDatabase } from "./soundness.js";
export { checkpoint, vacuum } from "./space.js";
export { PRAGMAS } from "./sql.js";
export { nextStamp } from "./stamp.js";
export { type Row, type Step, type Steps, workNow, workThrough } from "./steps.js";
export { type Listing, RecordTable } from "./table.js";
export { toldStore, toldSyncStore } from "./told.js";
export { isValid, MAX_UNTOLD, newEpoch, newTable } from "./validity.js";
