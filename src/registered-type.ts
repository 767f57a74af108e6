/** Classes of the program's own whose instances can be copied exactly and kept on disk. */

/** How instances of a class become plain parts, and parts an instance. */
export interface TypeConversion<T extends object, P> {
  /** Everything that makes up an instance, as a value that can be cached itself. */
  encode(instance: T): P;
  /** An instance that is equal in every way to the one that the parts were taken from. */
  decode(parts: P): T;
}

/** A class that was registered. */
export interface RegisteredType {
  readonly name: string;
  readonly prototype: object;
  /** `undefined`: the own properties are all there is. */
  readonly conversion: TypeConversion<object, unknown> | undefined;
}

const byName = new Map<string, RegisteredType>();
const byPrototype = new Map<object, RegisteredType>();

/** Adds a class, unless its name or prototype is taken. What was there before it, if so. */
export function addType(registered: RegisteredType): RegisteredType | undefined {
  const known = byName.get(registered.name) ?? byPrototype.get(registered.prototype);
  if (known !== undefined) return known;
  byName.set(registered.name, registered);
  byPrototype.set(registered.prototype, registered);
  return undefined;
}

/** The registration of the class that has this very prototype. */
export function typeWith(prototype: object): RegisteredType | undefined {
  return byPrototype.get(prototype);
}

/** The registration of that name. */
export function typeNamed(name: string): RegisteredType | undefined {
  return byName.get(name);
}
