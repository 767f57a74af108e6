/** An adapter for Keyv on a Map, whose operations can be watched and changed. */

import { EventEmitter } from "node:events";

/** See above. Like adapters for servers, it answers with promises, and tells of failures by an event. */
export class ProbeMap extends EventEmitter {
  namespace: string | undefined;
  readonly map: Map<string, unknown> = new Map();
  /** What was asked for, by method and key. */
  readonly asked: string[] = [];
  /** The times to live that were asked for. */
  readonly ttls: (number | undefined)[] = [];
  disconnected = 0;

  async get(key: string): Promise<unknown> {
    this.asked.push(`get ${key}`);
    return this.map.get(key);
  }

  async set(key: string, value: unknown, ttl?: number): Promise<unknown> {
    this.asked.push(`set ${key}`);
    this.ttls.push(ttl);
    this.map.set(key, value);
    return undefined;
  }

  async delete(key: string): Promise<unknown> {
    this.asked.push(`delete ${key}`);
    return this.map.delete(key);
  }

  async clear(): Promise<void> {
    this.asked.push("clear");
    this.map.clear();
  }

  async has(key: string): Promise<boolean> {
    this.asked.push(`has ${key}`);
    return this.map.has(key);
  }

  async disconnect(): Promise<void> {
    this.disconnected += 1;
  }

  /** The keys of records, without those of epochs. */
  get records(): string[] {
    return [...this.map.keys()].filter((key) => /-[0-9a-f]{24}$/.test(key));
  }

  /** The keys of epochs. */
  get epochs(): string[] {
    return [...this.map.keys()].filter((key) => key.endsWith("-epoch"));
  }
}
