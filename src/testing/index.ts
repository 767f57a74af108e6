/**
 * Tools for tests: what every engine must do, a clock that waits for you, and engines that fail on purpose.
 *
 * @module
 */

export { type ChaosOperation, type ChaosOptions, chaosEngine, type Fault } from "./chaos.js";
export { type ConformanceCase, engineConformance } from "./conformance.js";
export { createFakeClock, type FakeClock } from "./fake-clock.js";
