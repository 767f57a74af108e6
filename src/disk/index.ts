/** What every engine stands on that keeps entries on disk. */

export { Backoff } from "./backoff.js";
export { DamageError } from "./damage.js";
export {
  type DatabaseFile,
  type DatabasePlace,
  nameOfDatabase,
  prepareDatabase,
} from "./database-file.js";
export { Envelope } from "./envelope.js";
export { type Fault, faultOf } from "./fault.js";
export { Gate } from "./gate.js";
export { idInHead } from "./head.js";
export { type Bounds, Ledger } from "./ledger.js";
export { CREATE_LIST, LIST_TABLE } from "./listing.js";
export { isAlive, tryLock } from "./lock.js";
export { Marks, markedStore, markedSyncStore } from "./marks.js";
export { partsOf } from "./record.js";
export type { AsyncRecords, More, RecordFacts, SyncRecords } from "./records.js";
export { reasonOf, requirePlace } from "./require-place.js";
export { sealedStore, sealedSyncStore, timeFor } from "./sealed-store.js";
export { checkDatabase } from "./soundness.js";
export { checkpoint, vacuum } from "./space.js";
export { PRAGMAS } from "./sql.js";
export { nextStamp } from "./stamp.js";
export { type Row, type Step, type Steps, workNow, workThrough } from "./steps.js";
export { type Listing, RecordTable } from "./table.js";
