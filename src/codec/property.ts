/** Own properties, looked at without running a getter. */

import type { Trail } from "./trail.js";

/** All own keys: `Reflect.ownKeys` takes three times as long, where there are no symbols. */
export function keysOf(object: object): readonly PropertyKey[] {
  const hasSymbols = Object.getOwnPropertySymbols(object).length > 0;
  return hasSymbols ? Reflect.ownKeys(object) : Object.getOwnPropertyNames(object);
}

/**
 * The value of an own property. Refuses accessors, and attributes that are explained neither by the object's level of
 * immutability nor by `hidden`: properties that enumeration does not show by nature.
 */
export function valueOfProperty(
  object: object,
  key: PropertyKey,
  level: number,
  trail: Trail,
  hidden = false,
): PropertyDescriptor {
  if (typeof key === "symbol") throw trail.refusal("A symbol as the key of a property");
  const property = Object.getOwnPropertyDescriptor(object, key);
  if (property?.writable === true && property.configurable === true && property.enumerable === true && level < 2) {
    return property;
  }
  return unusual(property, key, level, trail, hidden);
}

function unusual(
  property: PropertyDescriptor | undefined,
  key: PropertyKey,
  level: number,
  trail: Trail,
  hidden: boolean,
): PropertyDescriptor {
  const at = key;
  if (property === undefined) throw trail.refusal("A property that was removed meanwhile", { at });
  if (!Object.hasOwn(property, "value")) throw trail.refusal("An accessor", { at });
  if (property.enumerable === false && !hidden) throw trail.refusal("A property hidden from enumeration", { at });
  if (property.writable !== level < 3) throw trail.refusal("A property that is read-only by itself", { at });
  if (property.configurable !== level < 2) throw trail.refusal("A property that is not configurable by itself", { at });
  return property;
}
