/** What was stored is not what is there. */

import { EngineError } from "../errors.js";

/** A record that is not what was stored: damaged, forged, of another key, or of another version of the format. */
export class DamageError extends EngineError {}
