/** Hits on a Redis server, a small object each, one after the other. */

import { BY_HAND, claims, hits, inputs } from "../redis.mjs";

export const row = {
  title: "Hit on a Redis server, awaited",
  anchor: BY_HAND,
  inputs,
  asynchronous: true,
  needsRedis: true,
  subjects: hits("hit"),
  claims,
};
