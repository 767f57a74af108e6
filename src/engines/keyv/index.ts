/** The engine `keyv`: in a store of the package keyv that the program has made, and goes on to own. */

import type { AsyncEngine, KeyvStore } from "../../contract/index.js";
import { Envelope, requirePlace, sealedStore } from "../../disk/index.js";
import { ON_SERVER } from "../on-server.js";
import { KeyvAdapter } from "./adapter.js";

/** One engine a store. */
const known = new WeakMap<KeyvStore, AsyncEngine>();

/**
 * The engine of a store. What is in the store may be other people's too: of that, nothing is read or removed. How many
 * entries there are, and which, is known where the adapter can be walked through; elsewhere it says 0, and none. To close
 * a cache does not disconnect the store.
 */
export function keyvEngine(store: KeyvStore): AsyncEngine {
  const found = known.get(store);
  if (found !== undefined) return found;
  const engine = makeEngine(new KeyvAdapter(store));
  known.set(store, engine);
  return engine;
}

function makeEngine(adapter: KeyvAdapter): AsyncEngine {
  return Object.freeze<AsyncEngine>({
    name: "keyv",
    kind: "async",
    capabilities: Object.freeze({ ...ON_SERVER, lists: adapter.lists }),
    available: () => true,
    availableNow: () => true,
    async open(options) {
      const place = requirePlace(options);
      const { KeyvRecords } = await import("./records.js");
      return sealedStore(options, new Envelope(place, false), new KeyvRecords(adapter, place, options));
    },
  });
}
