/** Hits in a memory in front of a Redis server, one after the other. */

import { BY_HAND, claims, hits, inputs } from "../redis.mjs";

const { [BY_HAND]: _without, ...subjects } = hits("memory", true);

export const row = {
  title: "Hit in a memory before a Redis server, awaited",
  anchor: "cache-manager",
  inputs,
  asynchronous: true,
  needsRedis: true,
  subjects,
  claims,
};
