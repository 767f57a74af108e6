/** A look at what a store that answers with promises has of a key, past all that would count or change something. */

import { type Finding, failedFinding, lookLaterInto } from "../contract/index.js";
import type { Key } from "../keys/index.js";
import type { Breaker } from "./breaker.js";
import { Budget, CHANGE_BUDGET } from "./budget.js";
import type { Changes } from "./changes.js";
import type { OpeningStore } from "./opening-store.js";
import type { Plan } from "./plan.js";
import { verifyFinding } from "./verified.js";

/** What was seen. */
export interface Seen {
  /** One for each tier, the nearest first. */
  readonly findings: readonly Finding[];
  /** Why the store could not be opened; `undefined`: it is open. */
  readonly failure?: string | undefined;
  /** The engine is left alone. */
  readonly isLeftAlone: boolean;
  /** The store has yet to answer a change of the key. */
  readonly isChanging: boolean;
}

/** See above. */
export class Sight {
  readonly #plan: Plan;
  readonly #store: OpeningStore;
  readonly #changes: Changes;
  readonly #breaker: Breaker;

  constructor(plan: Plan, store: OpeningStore, changes: Changes, breaker: Breaker) {
    this.#plan = plan;
    this.#store = store;
    this.#changes = changes;
    this.#breaker = breaker;
  }

  /** What there is of a key. Never rejects. An engine that is left alone is asked too: somebody wants to know. */
  async look(key: Key): Promise<Seen> {
    const isLeftAlone = this.#breaker.isResting;
    const isChanging = this.#changes.isBusy(key);
    try {
      const store = this.#store.opened ?? (await this.#store.soon());
      const patience = Math.max(CHANGE_BUDGET, this.#plan.config.engineTimeout);
      const answers = lookLaterInto(store, key).map((answer) =>
        new Budget(patience).spend(answer).catch(failedFinding),
      );
      const findings = (await Promise.all(answers)).map((finding) => this.#judge(key, finding));
      return { findings, isLeftAlone, isChanging };
    } catch (error) {
      const failed = failedFinding(error);
      return { findings: [failed], failure: failed.detail, isLeftAlone, isChanging };
    }
  }

  #judge(key: Key, finding: Finding): Finding {
    const found = verifyFinding(key, finding);
    if (!this.#changes.hides(key) || found.obstacle !== undefined || found.entry === undefined) return found;
    return { ...found, obstacle: "removal-pending" };
  }
}
