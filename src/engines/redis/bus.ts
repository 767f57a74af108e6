/**
 * One subscription for each server and prefix, by which this process hears what others change there. It is there as long
 * as somebody listens, on a connection of its own, which keeps no process alive.
 *
 * A subscription that is silent may be one that nothing comes through any more, or this process may have been stopped.
 * So what was heard is believed only for a while: then a note to itself, by the other connection, must come back, before
 * which everything has come that was said before it.
 */

import type { Server } from "../../contract/index.js";
import { log, warnOnce } from "../../logging.js";
import { randomBytes } from "../../node/crypto.js";
import type { Client } from "./client.js";
import { connectionTo, nameOfServer } from "./connections.js";
import { serverInvalidations } from "./invalidations.js";
import { channelOf, type Message, readMessage, tagsIn } from "./message.js";
import { reach } from "./sentinel.js";
import { inTime } from "./silence.js";

/** Milliseconds for which what was heard is believed; after half of them a note is sent, if somebody asks. */
const BELIEVED = 2_000;
/** Milliseconds after which a note is lost, and the subscription with it; and in which a subscription must be made. */
const SILENCE = 1_000;
/** Milliseconds between two attempts to subscribe, at first and at last; half of it by chance. */
const RETRY = { first: 300, last: 5_000 };

/** Somebody who wants to know what is changed of one owner's entries. */
export interface Listener {
  readonly owner: string;
  heard(message: Message): void;
  /** Something may have been said that was not heard. */
  missed(): void;
}

/** A note to itself that has not come back yet. */
interface Note {
  readonly text: string;
  readonly sentAt: number;
  readonly late: NodeJS.Timeout;
}

/** A subscription, or one that is being made. */
interface Subscription {
  readonly client: Client;
  /** The channel of this one alone. */
  readonly own: string;
  isUp: boolean;
  /** Everything that was said before this moment has been heard. */
  heardUpTo: number;
  note: Note | undefined;
}

/** See above. */
export class Bus {
  readonly #server: Server;
  readonly #ended: () => void;
  readonly #listeners = new Map<string, Set<Listener>>();
  #subscription: Subscription | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #notes = 0;

  /** @param ended - Is told when nobody listens any more. */
  constructor(server: Server, ended: () => void) {
    this.#server = server;
    this.#ended = ended;
  }

  /** Whether what was heard can be believed. Where there is no subscription nothing is heard, and that much is known. */
  get isUpToDate(): boolean {
    const subscription = this.#subscription;
    if (subscription?.isUp !== true) return true;
    const age = performance.now() - subscription.heardUpTo;
    if (age > BELIEVED / 2 && subscription.note === undefined) this.#write(subscription).catch(() => undefined);
    return age < BELIEVED;
  }

  join(listener: Listener): void {
    const others = this.#listeners.get(listener.owner) ?? new Set();
    this.#listeners.set(listener.owner, others.add(listener));
    if (this.#subscription === undefined && this.#retry === undefined) this.#subscribe();
  }

  leave(listener: Listener): void {
    const others = this.#listeners.get(listener.owner);
    if (others?.delete(listener) !== true) return;
    if (others.size === 0) this.#listeners.delete(listener.owner);
    if (this.#listeners.size > 0) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#drop();
    this.#ended();
  }

  #subscribe(): void {
    this.#retry = undefined;
    // It may be told of before this is done.
    let subscription: Subscription | undefined;
    const failed = (error: unknown): void => {
      if (subscription !== undefined) this.#failed(subscription, error);
    };
    try {
      const client = reach(connectionTo(this.#server).subscription, failed);
      const own = `${channelOf(this.#server)}:${randomBytes(8).toString("hex")}`;
      subscription = { client, own, isUp: false, heardUpTo: 0, note: undefined };
    } catch (error) {
      this.#tryLater(error);
      return;
    }
    this.#subscription = subscription;
    inTime(SILENCE, "subscribe", this.#greet(subscription)).catch(failed);
  }

  async #greet(subscription: Subscription): Promise<void> {
    const { client, own } = subscription;
    await client.connect();
    await client.subscribe([channelOf(this.#server), own], (text, channel) => {
      if (this.#subscription !== subscription) return;
      if (channel === own) this.#back(subscription, text);
      else this.#hear(text);
    });
    // It is one when it has proved that something comes through, unless nobody listens any more.
    if (this.#subscription === subscription) await this.#write(subscription);
  }

  #hear(text: string): void {
    const head = tagsIn(text);
    // Whoever asks the server next learns of it anyway.
    if (head !== undefined)
      serverInvalidations(this.#server)
        .follow(head)
        ?.catch(() => undefined);
    const message = readMessage(text);
    if (message === undefined) return;
    for (const listener of this.#listeners.get(message.owner) ?? []) listener.heard(message);
  }

  /** Sends a note to itself. One that cannot be sent, or does not come back, is the end of the subscription. */
  async #write(subscription: Subscription): Promise<void> {
    this.#notes += 1;
    const text = String(this.#notes);
    // What has come meanwhile is heard first: this process may have been busy, or stopped.
    const isLost = (): void => {
      if (subscription.note?.text === text) this.#failed(subscription, new Error("The subscription is silent."));
    };
    const late = setTimeout(() => setImmediate(isLost), SILENCE);
    late.unref();
    subscription.note = { text, sentAt: performance.now(), late };
    try {
      await connectionTo(this.#server).publish(subscription.own, text);
    } catch (error) {
      this.#failed(subscription, error);
    }
  }

  #back(subscription: Subscription, text: string): void {
    const { note, isUp } = subscription;
    if (note?.text !== text) return;
    clearTimeout(note.late);
    subscription.note = undefined;
    subscription.heardUpTo = note.sentAt;
    if (isUp) return;
    subscription.isUp = true;
    this.#failures = 0;
    // What was read before may have been changed with nobody listening.
    this.#allMissed();
  }

  #failed(subscription: Subscription, error: unknown): void {
    if (this.#subscription !== subscription) return;
    this.#drop();
    this.#tryLater(error);
    if (subscription.isUp) this.#allMissed();
  }

  #tryLater(error: unknown): void {
    const longest = Math.min(RETRY.last, RETRY.first * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#subscribe(), longest * (0.5 + Math.random() / 2));
    this.#retry.unref();
    tell(error);
  }

  #drop(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    clearTimeout(subscription?.note?.late);
    subscription?.client.destroy();
  }

  #allMissed(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener.missed();
  }
}

/** A server that is not there is told of by those who need it; one that refuses this alone is not. */
function tell(error: unknown): void {
  const message = "Changes by others on a server are not heard; a memory in front of it serves entries for its ttl.";
  const isRefused = error instanceof Error && error.message.startsWith("NOPERM");
  if (isRefused) warnOnce("bus", `${message} The server's user may not use the channels that begin with twat-cache:.`);
  else log("debug", message, { err: error });
}

const buses = new Map<string, Bus>();

/** The bus of a server and prefix; one for all who listen. */
export function busOf(server: Server): Bus {
  const name = `${server.prefix}\0${nameOfServer(server)}`;
  const known = buses.get(name) ?? new Bus(server, () => buses.delete(name));
  buses.set(name, known);
  return known;
}
