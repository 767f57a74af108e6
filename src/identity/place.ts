/** Places on disk, once it is known who the entries belong to. */

import type { Place, Server } from "../contract/index.js";
import { programFolder, programName } from "./program.js";

/** What a configuration says about a place. */
export interface PlaceSettings extends Omit<Place, "id" | "label" | "folderName" | "server"> {
  /** The server that was asked for. */
  readonly server: Pick<Server, "connection"> | undefined;
  /** `undefined`: the program's own folder. */
  readonly folderName: string | undefined;
}

/** The place of what belongs to an identity. */
export function placeOf(settings: PlaceSettings, label: string, id: string): Place {
  const { cacheDir, secure, codec, compress, secret, encryptionKey } = settings;
  const folderName = settings.folderName ?? programFolder();
  // The same on every machine, wherever the program lies there.
  const server = settings.server && {
    ...settings.server,
    prefix: `twat-cache:${settings.folderName ?? programName()}:`,
  };
  return { folderName, cacheDir, server, secure, id, label, codec, compress, secret, encryptionKey };
}

/** What tells two places apart. */
export function placeName({ cacheDir = "", folderName, server, id }: Place): string {
  return `${cacheDir}\0${folderName}\0${server?.prefix ?? ""}\0${id}`;
}
