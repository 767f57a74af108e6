/** Texts that mean yes or no. */

const MEANING: Readonly<Record<string, boolean>> = {
  1: true,
  true: true,
  yes: true,
  on: true,
  0: false,
  false: false,
  no: false,
  off: false,
};

/** What such a text may be, for messages. */
export const YES_OR_NO_WORDS = "true, false, 1, 0, yes, no, on or off";

/** What a text means, in capitals or not; `undefined` for any other text. */
export function readYesOrNo(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return Object.hasOwn(MEANING, word) ? MEANING[word] : undefined;
}
