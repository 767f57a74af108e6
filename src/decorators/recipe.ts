/** What makes one decorator differ from another. */

/** A decorator, as data: everything else is common to all. */
export interface Recipe {
  /** Its name, for messages. */
  readonly name: string;
  /** The engines that it tries, best first. */
  readonly chain: readonly string[];
  /** The same for methods with a cache for each instance: engines whose stores begin small. */
  readonly instanceChain: readonly string[];
  /** The function always returns promises, whatever the original does. */
  readonly promises: boolean;
}
