/**
 * Type signatures: `a{sv}` as a tree.
 */
import { DBusMalformed } from "./DBusFailure.ts"

export type BasicCode = "y" | "b" | "n" | "q" | "i" | "u" | "x" | "t" | "d" | "s" | "o" | "g"

export type Type =
  | { readonly code: BasicCode | "v" }
  | { readonly code: "a"; readonly element: Type }
  | { readonly code: "("; readonly fields: ReadonlyArray<Type> }
  | { readonly code: "{"; readonly key: Type; readonly value: Type }

const alignments = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  b: 4,
  i: 4,
  u: 4,
  s: 4,
  o: 4,
  a: 4,
  x: 8,
  t: 8,
  d: 8,
  "(": 8,
  "{": 8
}

export const alignmentOf = (type: Type): number => alignments[type.code]

const isBasic = (code: string | undefined): code is BasicCode =>
  code !== undefined && code.length === 1 && "ybnqiuxtdsog".includes(code)

/** The specification allows 32 arrays and 32 structs inside each other. */
const deepest = 64

const malformed = (): never => {
  throw new DBusMalformed({ what: "signature" })
}

/** Throws `DBusMalformed`. */
export const parse = (signature: string): ReadonlyArray<Type> => {
  if (signature.length > 255) return malformed()
  let at = 0

  const entry = (depth: number): Type => {
    const key = one(depth)
    const value = isBasic(key.code) ? one(depth) : malformed()
    return signature[at++] === "}" ? { code: "{", key, value } : malformed()
  }

  const struct = (depth: number): Type => {
    const fields: Array<Type> = []
    while (signature[at] !== ")") fields.push(one(depth))
    at++
    return fields.length > 0 ? { code: "(", fields } : malformed()
  }

  const one = (depth: number): Type => {
    const code = signature[at++]
    if (depth > deepest) return malformed()
    if (isBasic(code) || code === "v") return { code }
    if (code === "(") return struct(depth + 1)
    if (code !== "a") return malformed()
    if (signature[at] !== "{") return { code: "a", element: one(depth + 1) }
    at++
    return { code: "a", element: entry(depth + 1) }
  }

  const types: Array<Type> = []
  while (at < signature.length) types.push(one(0))
  return types
}
