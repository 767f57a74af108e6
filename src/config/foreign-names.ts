/** Options and variables as other caches call them, the Python library first, and what takes their place here. */

/** What takes the place of a name: an option of ours, or a phrase that says what to do. */
export interface Counterpart {
  readonly option?: string;
  readonly phrase?: string;
}

const named = (option: string, phrase?: string): Counterpart => ({ option, ...(phrase !== undefined && { phrase }) });
const told = (phrase: string): Counterpart => ({ phrase });

const SERVER = "a URL, or { socket: { host, port }, database, password }";
const KEYV = told("give the option engine a store of Keyv, such as new KeyvMemcache(…)");
const BY_DECORATOR = told(
  "the decorator says it: mcache (memory), bcache and fcache (disk), acache (promises), ucache",
);
const PROMISES = told("use acache, whose functions always return promises");
const EACH = told("leave it out: each result is looked at, once");
const MODE = told("secure: true makes folders 0700 and files 0600");

/** Names without dashes, in small letters. Those of ours in another spelling need no line. */
const counterparts: Readonly<Record<string, Counterpart>> = {
  preferredengine: named("engine"),
  cacheengine: named("engine"),
  enginename: named("engine"),
  backend: named("engine"),
  store: named("engine"),
  folder: named("folderName"),
  directory: named("cacheDir"),
  cachepath: named("cacheDir"),
  max: named("maxSize"),
  maxentries: named("maxSize"),
  maxitems: named("maxSize"),
  sizelimit: named("maxBytes"),
  keybuilder: named("key"),
  keyserializer: named("key"),
  keymaker: named("key"),
  cachekey: named("key"),
  resolver: named("key"),
  expire: named("ttl"),
  expiry: named("ttl"),
  maxage: named("ttl"),
  stdttl: named("ttl"),
  compression: named("compress"),
  compressionlevel: named("compress", "compress: { level }"),
  smallresultconfig: named("small"),
  largeresultconfig: named("large"),
  analyzeeverycall: EACH,
  analyzefirstcall: EACH,
  redishost: named("redis", SERVER),
  redisport: named("redis", SERVER),
  redisdb: named("redis", SERVER),
  redispassword: named("redis", SERVER),
  redisurl: named("redis"),
  serializer: told("for keys there is key, for values codec"),
  memcachedhost: KEYV,
  memcachedport: KEYV,
  cachetype: BY_DECORATOR,
  type: BY_DECORATOR,
  useasync: PROMISES,
  mmapmode: told("leave it out: files are read whole"),
  cachevalidation: told("say in version or deps what results depend on"),
  validate: told("say in version or deps what results depend on"),
  typed: told("leave it out: keys always are, and 1 is not true"),
  dirpermissions: MODE,
  filepermissions: MODE,
  config: told("write its options themselves: { ...config }"),
};

/** The same of variables, without TWAT_CACHE_. */
const variables: Readonly<Record<string, Counterpart>> = {
  DEFAULT_MAXSIZE: named("MAXSIZE"),
  DEFAULT_ENGINE: named("ENGINE"),
  DEFAULT_USE_SQL: told("write sqlite or file in TWAT_CACHE_ENGINE"),
  DEFAULT_TYPE: BY_DECORATOR,
  ENABLE_COMPRESSION: named("COMPRESS"),
  COMPRESSION_LEVEL: told("write the option compress: { level }, in the config file or at the call"),
  FOLDER_NAME: named("FOLDER"),
  CACHE_DIR: named("DIR"),
  MEMCACHED_HOST: KEYV,
  MEMCACHED_PORT: KEYV,
};

/** A name without dashes and capitals. */
export function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** What takes the place of an option; `undefined` for a name that is not known. */
export function counterpartOf(option: string): Counterpart | undefined {
  const plain = plainName(option);
  return Object.hasOwn(counterparts, plain) ? counterparts[plain] : undefined;
}

/** What takes the place of a variable, given without its prefix. */
export function counterpartOfVariable(name: string): Counterpart | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
