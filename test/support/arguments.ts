/**
 * Lists of arguments, made from descriptions. The description is written without regard to how keys are made, and in a
 * canonical form: two lists are equal exactly when their descriptions are the same text.
 */

/** A value, described. Objects are numbered in the order in which they are met; a `ref` is one met before. */
type Spec =
  | readonly ["primitive", string, string]
  | readonly ["hole"]
  | readonly ["ref", number]
  | readonly ["array" | "set", readonly Spec[]]
  | readonly ["map", readonly (readonly [Spec, Spec])[]]
  | readonly ["object" | "bare", readonly (readonly [string, Spec])[]]
  | readonly ["date" | "box", number]
  | readonly ["expression", string, string]
  | readonly ["bytes", string, readonly number[]];

type Random = () => number;

const primitives: Readonly<Record<string, (text: string) => unknown>> = {
  string: (text) => text,
  number: Number,
  bigint: BigInt,
  boolean: (text) => text === "true",
  undefined: () => undefined,
  null: () => null,
  symbol: (text) => Symbol.for(text),
};

/** Texts that an encoding may trip over: its own tokens, boundaries, digits, prefixes, surrogates. */
const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "1",
  "12",
  ":",
  ";",
  "s1:a",
  "n1;",
  "]",
  "[",
  "}",
  "{",
  "u",
  "t",
  "l",
  "\0",
  "@1;",
  "r0;",
];
const ODD_TEXTS = [
  ...TEXTS,
  "-0",
  "\ud800",
  "\ud801",
  "\udc00",
  "\ufffd",
  "é",
  "e\u0301",
  "__proto__",
  "length",
  "toString",
];
const NUMBERS = [
  "0",
  "-0",
  "1",
  "-1",
  "2",
  "12",
  "1.5",
  "NaN",
  "Infinity",
  "-Infinity",
  "1e21",
  "1e-7",
  "9007199254740993",
];
const NAMES = ["a", "b", "c", "aa", "1", "2", "10", "__proto__", "constructor", "a1:b", ""];
const VIEWS = { Int8Array, Uint8Array, Uint8ClampedArray, Uint16Array } as const;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

function describePrimitive(random: Random): Spec {
  const kind = pick(random, [
    "string",
    "string",
    "string",
    "number",
    "number",
    "bigint",
    "boolean",
    "undefined",
    "null",
    "symbol",
  ]);
  if (kind === "string")
    return ["primitive", kind, pick(random, ODD_TEXTS) + (random() < 0.4 ? pick(random, TEXTS) : "")];
  if (kind === "number") {
    const value = random() < 0.5 ? Number(pick(random, NUMBERS)) : Math.floor(random() * 1e6);
    return ["primitive", kind, Object.is(value, -0) ? "-0" : String(value)];
  }
  if (kind === "bigint") return ["primitive", kind, String(Math.floor(random() * 30))];
  if (kind === "boolean") return ["primitive", kind, String(random() < 0.5)];
  if (kind === "symbol") return ["primitive", kind, pick(random, TEXTS)];
  return ["primitive", kind, ""];
}

/** Describes lists; `met` counts the objects that were met, `depth` what may still be nested. */
function describe(random: Random, state: { met: number }, depth: number): Spec {
  if (depth === 0 || random() < 0.4) return describePrimitive(random);
  if (state.met > 0 && random() < 0.12) return ["ref", Math.floor(random() * state.met)];
  state.met += 1;
  const count = Math.floor(random() * 4);
  const inner = (): Spec => describe(random, state, depth - 1);
  switch (Math.floor(random() * 9)) {
    case 0:
    case 1:
      return ["array", Array.from({ length: count }, () => (random() < 0.05 ? ["hole"] : inner()))];
    case 2:
    case 3:
    case 4: {
      const names = [...new Set(Array.from({ length: count }, () => pick(random, NAMES)))].sort();
      return [random() < 0.1 ? "bare" : "object", names.map((name) => [name, inner()] as const)];
    }
    case 5:
      return ["set", distinct(Array.from({ length: count }, inner))];
    case 6:
      return ["map", pairs(Array.from({ length: count }, () => [inner(), inner()] as const))];
    case 7:
      if (random() < 0.3) return ["box", Math.floor(random() * 5)];
      return random() < 0.5
        ? ["date", Math.floor(random() * 5)]
        : ["expression", pick(random, ["a", "b", "a|b"]), pick(random, ["", "g", "gi"])];
    default:
      return ["bytes", pick(random, Object.keys(VIEWS)), Array.from({ length: count }, () => Math.floor(random() * 3))];
  }
}

/**
 * Sets and Maps hold a primitive only once, take `-0` for `0`, and an object met before may be one of theirs: what would
 * not be a new member is replaced by what is.
 */
function distinct(specs: readonly Spec[]): readonly Spec[] {
  const seen = new Set<string>();
  return specs.map((spec, i) => {
    const text = JSON.stringify(spec);
    const isMember = spec[0] === "primitive" && seen.has(text);
    seen.add(text);
    const isNew = !isMember && spec[0] !== "ref" && text !== '["primitive","number","-0"]';
    return isNew ? spec : ["primitive", "string", `member ${i}`];
  });
}

function pairs(list: readonly (readonly [Spec, Spec])[]): readonly (readonly [Spec, Spec])[] {
  const keys = distinct(list.map(([key]) => key));
  return list.map(([, value], i) => [keys[i] as Spec, value] as const);
}

/** Makes the value; properties are added in any order. */
function make(spec: Spec, met: object[], random: Random): unknown {
  const known = <T extends object>(object: T): T => {
    met.push(object);
    return object;
  };
  switch (spec[0]) {
    case "primitive":
      return primitives[spec[1]]?.(spec[2]);
    case "hole":
      throw new Error("a hole is no value");
    case "ref":
      return met[spec[1]];
    case "array": {
      const array = known(new Array<unknown>(spec[1].length));
      for (const [i, item] of spec[1].entries()) if (item[0] !== "hole") array[i] = make(item, met, random);
      return array;
    }
    case "object":
    case "bare": {
      const object = known(spec[0] === "bare" ? (Object.create(null) as object) : {});
      const values = spec[1].map(([name, inner]) => [name, make(inner, met, random)] as const);
      for (const [name, value] of [...values].sort(() => random() - 0.5)) {
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
      }
      return object;
    }
    case "set": {
      const set = known(new Set<unknown>());
      for (const item of spec[1]) set.add(make(item, met, random));
      return set;
    }
    case "map": {
      const map = known(new Map<unknown, unknown>());
      for (const [key, value] of spec[1]) {
        const madeKey = make(key, met, random);
        map.set(madeKey, make(value, met, random));
      }
      return map;
    }
    case "date":
      return known(new Date(spec[1]));
    case "box":
      return known(Object(spec[1]) as object);
    case "expression":
      return known(new RegExp(spec[1], spec[2]));
    case "bytes":
      return known(new VIEWS[spec[1] as keyof typeof VIEWS](spec[2]));
  }
}

/** A list of arguments: `truth` is the same for equal lists only; `make` makes it as often as one likes. */
export interface GeneratedArguments {
  readonly truth: string;
  make(): unknown[];
}

/** The next list of arguments. */
export function generateArguments(random: Random): GeneratedArguments {
  const state = { met: 0 };
  const specs = Array.from({ length: Math.floor(random() * 4) }, () => describe(random, state, 4));
  return {
    truth: JSON.stringify(specs),
    make() {
      const met: object[] = [];
      return specs.map((spec) => make(spec, met, random));
    },
  };
}
