/** The contracts between the work and the engines. */

export type { AsyncEngine, Availability, Capabilities, Engine, SyncEngine } from "./engine.js";
export { type Fence, generalFence, type KeyFence } from "./fence.js";
export type { Finding, Obstacle } from "./finding.js";
export { isKeyvStore, type KeyvStore } from "./keyv-store.js";
export { failedFinding, lookInto, lookLaterInto } from "./look.js";
export type { Compression, CompressionAlgorithm, Place, Server } from "./place.js";
export type { AsyncStore, DropReason, Kept, Lease, Since, StoreOptions, SyncStore, Watch } from "./store.js";
