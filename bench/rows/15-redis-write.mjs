/** Writes to a Redis server, a small object each, acknowledged one after the other. */

import { BY_HAND, claims, inputs, writes } from "../redis.mjs";

export const row = {
  title: "Write to a Redis server, awaited",
  anchor: BY_HAND,
  inputs,
  asynchronous: true,
  needsRedis: true,
  subjects: writes("write"),
  claims,
};
