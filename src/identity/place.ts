/** Places on disk, once it is known who the entries belong to. */

import type { Place } from "../contract/index.js";
import { programFolder } from "./program.js";

/** What a configuration says about a place. */
export interface PlaceSettings extends Omit<Place, "id" | "label" | "folderName"> {
  /** `undefined`: the program's own folder. */
  readonly folderName: string | undefined;
}

/** The place of what belongs to an identity. */
export function placeOf(settings: PlaceSettings, label: string, id: string): Place {
  const { cacheDir, secure, codec, compress, secret, encryptionKey } = settings;
  const folderName = settings.folderName ?? programFolder();
  return { folderName, cacheDir, secure, id, label, codec, compress, secret, encryptionKey };
}

/** What tells two places apart. */
export function placeName({ cacheDir = "", folderName, id }: Place): string {
  return `${cacheDir}\0${folderName}\0${id}`;
}
