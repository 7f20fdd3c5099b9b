/**
 * Values as they are written and read: `ay` is bytes, `a{..}` a map, other arrays and structs are arrays, 64-bit
 * integers are bigints.
 */
export interface Variant {
  readonly signature: string
  readonly value: Value
}

export type Value = number | bigint | boolean | string | Uint8Array | Variant | ReadonlyArray<Value> | Values

export interface Values extends ReadonlyMap<Value, Value> {}

export const variant = (signature: string, value: Value): Variant => ({ signature, value })

/** Whether a string can be an object path, which a bus disconnects us for getting wrong. */
export const isObjectPath = (text: string): boolean => /^\/$|^(\/\w+)+$/.test(text)
