/** Names of engines: those of the Python library stand for the engines that do here what theirs do there. */

/** Other names, and what they stand for. */
interface Aliases {
  readonly functools: "map";
  readonly cachetools: "lru";
  readonly cachebox: "lru";
  readonly aiocache: "lru";
  readonly memory: "lru";
  readonly diskcache: "sqlite";
  readonly disk: "sqlite";
  readonly klepto: "sqlite";
  readonly joblib: "file";
}

const aliases: Aliases = Object.freeze({
  functools: "map",
  cachetools: "lru",
  cachebox: "lru",
  aiocache: "lru",
  memory: "lru",
  diskcache: "sqlite",
  disk: "sqlite",
  klepto: "sqlite",
  joblib: "file",
});

/** The names that stand for one of these engines. */
type AliasOf<E extends string> = { [A in keyof Aliases]: Aliases[A] extends E ? A : never }[keyof Aliases];

/** An engine in memory that comes with the library, by each of its names. */
export type MemoryEngineName = "lru" | "map" | AliasOf<"lru" | "map">;
/** An engine on disk that answers with promises, by each of its names. */
export type DiskEngineName = "sqlite" | "file" | AliasOf<"sqlite" | "file">;

/** Whether a name stands for another one. */
export function isAlias(name: unknown): name is keyof Aliases {
  return typeof name === "string" && Object.hasOwn(aliases, name);
}

/** The engine's own name; what is no other name for one is left as it is. */
export function engineNamed<T>(engine: T): T | Aliases[keyof Aliases] {
  return isAlias(engine) ? aliases[engine] : engine;
}
