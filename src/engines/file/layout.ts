/** Where things lie in the directory of one cache: the package cacache's own layout, written to in a safer way. */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { Place } from "../../contract/index.js";
import { checkInside, ensureCacheDir, ensureInside, getCacheDir } from "../../paths/index.js";

/** The directory in the folder that holds the caches of this engine, one directory each. */
const CACHES = "files";
/** Directories of the package, by the versions of its formats. */
const INDEX = "index-v5";
const CONTENT = "content-v2";
/** Where records are made before they are published, one directory for each process. */
const STAGING = "staging";
/** Directories remembered as being there. */
const MAX_KNOWN = 10_000;

/** A path in the layout: directories, and a file's name. */
interface Address {
  readonly directories: readonly string[];
  readonly file: string;
}

/** Knows where things lie, and sees to it that directories are there, ours, and no links. */
export class Layout {
  readonly #place: Place;
  /** Directories that were seen to; forgotten when one turns out to be gone. */
  readonly #known = new Set<string>();
  /** Directories that are no links, nor is anything on the way to them; their modes may be others' work. */
  readonly #checked = new Set<string>();
  #home: string | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  /** The directory of the cache. It need not be there. */
  get home(): string {
    const { folderName, cacheDir, id } = this.#place;
    this.#home ??= join(getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) }), CACHES, id);
    return this.#home;
  }

  /** The same layout in another directory: one where records are made. */
  at(home: string): Layout {
    const other = new Layout(this.#place);
    other.#home = home;
    return other;
  }

  get index(): string {
    return join(this.home, INDEX);
  }

  get content(): string {
    return join(this.home, CONTENT);
  }

  get staging(): string {
    return join(this.home, STAGING);
  }

  /** Sees to it that a directory in the cache's own is there, and returns it. Throws a `PathError` where it cannot be. */
  ensure(...names: readonly string[]): string {
    const path = join(this.home, ...names);
    if (this.#known.has(path)) return path;
    const { folderName, cacheDir, secure, id } = this.#place;
    const folder = ensureCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }), secure });
    ensureInside(folder, [CACHES, id, ...names], secure);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(path);
    return path;
  }

  /**
   * The directory where this process makes a set of records. It is looked for each time: the package makes every
   * directory on the way that is missing, the folder too, which would lack the tag by which it is known to be ours.
   */
  ensureStaging(name: string): string {
    const path = join(this.staging, name);
    if (this.#known.has(path) && existsSync(path)) return path;
    this.forget();
    // Nobody else may look in, whatever the folder's mode is: what the package makes in there has the umask's modes.
    ensureInside(this.ensure(), [STAGING, name], true);
    this.#known.add(path);
    return path;
  }

  /** The directories from that of records in the making up to the folder. */
  get above(): readonly string[] {
    const caches = dirname(this.home);
    return [this.staging, this.home, caches, dirname(caches)];
  }

  /** Refuses a directory that is a link, or lies behind one. It need not be there. Throws a `PathError`. */
  check(path: string): string {
    if (this.#checked.has(path)) return path;
    const { folderName, cacheDir } = this.#place;
    const folder = getCacheDir(folderName, { ...(cacheDir !== undefined && { cacheDir }) });
    if (!checkInside(folder, relative(folder, path).split(sep))) return path;
    if (this.#checked.size >= MAX_KNOWN) this.#checked.clear();
    this.#checked.add(path);
    return path;
  }

  /** Something that was there is gone: what is known of directories is not true any more. */
  forget(): void {
    this.#known.clear();
    this.#checked.clear();
    this.#home = undefined;
  }

  /** Where the line is that leads to a record's content. Throws a `PathError` where that is behind a link. */
  bucket(id: string): string {
    const { directories, file } = bucketOf(id);
    return join(this.check(join(this.home, ...directories)), file);
  }

  /** The same, with its directory there. */
  ensureBucket(id: string): string {
    const { directories, file } = bucketOf(id);
    return join(this.ensure(...directories), file);
  }

  /** The content with a digest, in hexadecimal digits. Throws a `PathError` where that is behind a link. */
  contentOf(digest: string): string {
    const { directories, file } = contentAddress(digest);
    return join(this.check(join(this.home, ...directories)), file);
  }

  /** The same, with its directory there. */
  ensureContent(digest: string): string {
    const { directories, file } = contentAddress(digest);
    return join(this.ensure(...directories), file);
  }

  /** Where the package puts a record's line and content, in a directory that it is told to use. */
  static staged(directory: string, id: string, digest: string): { readonly bucket: string; readonly content: string } {
    const [line, data] = [bucketOf(id), contentAddress(digest)];
    return {
      bucket: join(directory, ...line.directories, line.file),
      content: join(directory, ...data.directories, data.file),
    };
  }
}

/** The package files a key under the SHA-256 of it. */
function bucketOf(id: string): Address {
  return split(INDEX, [], createHash("sha256").update(id).digest("hex"));
}

function contentAddress(digest: string): Address {
  return split(CONTENT, ["sha256"], digest);
}

function split(root: string, between: readonly string[], hex: string): Address {
  return { directories: [root, ...between, hex.slice(0, 2), hex.slice(2, 4)], file: hex.slice(4) };
}
