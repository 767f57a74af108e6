/** What a cache folder can be called: one segment of a path that means the same on every system. */

/** What a folder name is, for messages. */
export const FOLDER_NAME_WORDS: string =
  'a text of 1 to 100 of the characters "A-Z a-z 0-9 . _ -" that does not end in a dot and is no device name of Windows ("NUL", "com1.txt")';

const SEGMENT = /^[A-Za-z0-9._-]{1,100}$/;
/** Windows takes these for devices in every folder, whatever ending follows. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Whether a text can be a folder's name. It is judged alike on every system, so that a program can move. */
export function isFolderName(text: string): boolean {
  // Windows drops a dot at the end; without one there is no "." and no ".." either.
  return typeof text === "string" && SEGMENT.test(text) && !text.endsWith(".") && !DEVICE.test(text);
}
