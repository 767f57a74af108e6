/** Who may do what with our files and folders. */

/** What is looked at of a file: part of what Node's `fs.Stats` has, whose type not every program has installed. */
interface Owned {
  readonly mode: number;
  readonly uid: number;
}

const PERMISSIONS = 0o777;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** The mode of a folder: its owner's alone, unless `secure: false` lets others read. */
export function dirMode(secure: boolean): number {
  return secure ? 0o700 : 0o755;
}

/** The mode of a file: its owner's alone, unless `secure: false` lets others read. */
export function fileMode(secure: boolean): number {
  return secure ? 0o600 : 0o644;
}

/** Whether somebody is allowed something that the mode does not allow. On Windows modes say nothing. */
export function isWider(stats: Owned, mode: number): boolean {
  return user() !== undefined && (stats.mode & PERMISSIONS & ~mode) !== 0;
}

/** Whether anybody may rename and remove what others have put into the directory. */
export function isOpenToAll(stats: Owned): boolean {
  return user() !== undefined && (stats.mode & OTHERS_WRITE) !== 0 && (stats.mode & STICKY) === 0;
}

/** Whether it belongs to the user of this process. On Windows everything does. */
export function isOwn(stats: Owned): boolean {
  const uid = user();
  return uid === undefined || stats.uid === uid;
}

/** Whether it belongs to the user of this process, or to the administrator. */
export function isTrusted(stats: Owned): boolean {
  return isOwn(stats) || stats.uid === 0;
}

/** The user whose rights this process has; `undefined` on Windows. */
function user(): number | undefined {
  return process.geteuid?.();
}
