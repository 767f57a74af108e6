/** The contracts between the work and the engines. */

export type { AsyncEngine, Availability, Capabilities, Engine, SyncEngine } from "./engine.js";
export type { Compression, CompressionAlgorithm, Place } from "./place.js";
export type { AsyncStore, DropReason, StoreOptions, SyncStore } from "./store.js";
