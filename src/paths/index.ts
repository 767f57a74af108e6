/** Where cache files lie: the root, the folders in it, and what is refused there. */

export { FOLDER_NAME_WORDS, isFolderName } from "../folder-name.js";
export { clearCacheDir } from "./clear.js";
export { checkFile, ensureFile, NO_FOLLOW } from "./file.js";
export { checkInside, ensureCacheDir, ensureInside, type FolderOptions, getCacheDir, getCachePath } from "./folder.js";
export { dirMode, fileMode } from "./mode.js";
export { validateCachePath } from "./root.js";
export { TAG_NAME } from "./tag.js";
