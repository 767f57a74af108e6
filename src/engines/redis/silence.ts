/**
 * Silence: nothing has been heard for a while in which the program could have heard something. A program that was busy
 * itself finds its answers behind the timers that have run out meanwhile, so that time alone says nothing.
 */

/** Looks in the time that makes silence. Each says that the event loop has come round. */
const LOOKS = 10;

/** Finds out that nothing is heard, as long as something is waited for. It keeps the process alive as long. */
export class SilenceWatch {
  readonly #milliseconds: number;
  readonly #fell: () => void;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #isIdle = true;

  /** @param fell - Called when there was silence for so many milliseconds. */
  constructor(milliseconds: number, fell: () => void) {
    this.#milliseconds = milliseconds;
    this.#fell = fell;
  }

  /** Something is waited for. */
  begin(): void {
    if (this.#isIdle) this.#looks = 0;
    this.#isIdle = false;
    this.#timer ??= setInterval(() => this.#look(), this.#milliseconds / LOOKS);
    this.#timer.ref();
  }

  /** Something was heard. @param isIdle - Nothing more is waited for. */
  heard(isIdle: boolean): void {
    this.#looks = 0;
    this.#isIdle = isIdle;
    if (isIdle) this.#timer?.unref();
  }

  #look(): void {
    this.#looks += 1;
    if (this.#isIdle) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#looks > LOOKS) {
      this.#looks = 0;
      this.#fell();
    }
  }
}

/** Waits for something, but not through a silence of so many milliseconds. It keeps no process alive. */
export async function inTime<T>(milliseconds: number, what: string, done: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    let looks = 0;
    timer = setInterval(() => {
      looks += 1;
      if (looks > LOOKS) reject(new Error(`It took longer than ${milliseconds} ms to ${what}.`));
    }, milliseconds / LOOKS);
    timer.unref();
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearInterval(timer);
  }
}

/** Waits for something, for which the process is kept alive, but not for longer than so many milliseconds. */
export async function keptAlive<T>(milliseconds: number, done: Promise<T>): Promise<T> {
  const alive = setTimeout(() => undefined, milliseconds);
  try {
    return await done;
  } finally {
    clearTimeout(alive);
  }
}
