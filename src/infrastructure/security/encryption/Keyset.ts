/**
 * The keys of one purpose as a plain value: the primary seals, all that are enabled open. Every change gives another
 * keyset. Rotation takes two steps, so that all readers have a key before anybody writes with it.
 */
import { Either, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { primitiveOf, templates } from "./Key.ts"
import type { Key, KeyTemplate, OpaqueKey, Primitive, PrimitiveOf, TemplateOf, UsableKey } from "./Key.ts"
import { KeyChangeRefused, UnsupportedKey } from "./KeysetFailure.ts"

export type { Key, KeyAlgorithm, KeyStatus, KeyTemplate, Primitive, UsableKey } from "./Key.ts"

/** All keys are for one primitive, ids are unique, and the primary is among them and enabled. */
export interface Keyset<P extends Primitive = Primitive> {
  readonly primitive: P
  readonly primary: number
  readonly keys: ReadonlyArray<Key<P>>
}

const freshId = (taken: ReadonlyArray<{ readonly id: number }>): number => {
  const id = randomBytes(4).readUInt32BE()
  return id === 0 || taken.some((key) => key.id === id) ? freshId(taken) : id
}

/** A keyset of one new random key. */
export const generate = <T extends KeyTemplate>(template: T): Keyset<PrimitiveOf<T>> => {
  const key = templates[template](freshId([]))
  // The template's name decides the type of its key, which the compiler does not follow through the table.
  const keys = [key as Key<PrimitiveOf<T>>]
  return { primitive: primitiveOf[key.algorithm] as PrimitiveOf<T>, primary: key.id, keys }
}

/** Adds a new key, which is the last one then: it opens at once and seals when promoted. */
export const introduce = <P extends Primitive>(keyset: Keyset<P>, template: TemplateOf<P>): Keyset<P> => ({
  ...keyset,
  keys: [...keyset.keys, templates[template](freshId(keyset.keys)) as UsableKey<P>]
})

const refused = (id: number, reason: KeyChangeRefused["reason"]) => Either.left(new KeyChangeRefused({ id, reason }))

const find = <P extends Primitive>(keyset: Keyset<P>, id: number): Either.Either<Key<P>, KeyChangeRefused> => {
  const key = keyset.keys.find((candidate) => candidate.id === id)
  return key === undefined ? refused(id, "NotFound") : Either.right(key)
}

const replace = <P extends Primitive>(keyset: Keyset<P>, changed: Key<P>): Keyset<P> => ({
  ...keyset,
  keys: keyset.keys.map((key) => key.id === changed.id ? changed : key)
})

/** Makes an enabled key the one that seals. */
export const promote = <P extends Primitive>(
  keyset: Keyset<P>,
  id: number
): Either.Either<Keyset<P>, KeyChangeRefused> =>
  Either.flatMap(
    find(keyset, id),
    ({ status }) => status === "ENABLED" ? Either.right({ ...keyset, primary: id }) : refused(id, "NotEnabled")
  )

/** `introduce` and `promote` in one, where all readers see the keyset at once. */
export const rotate = <P extends Primitive>(keyset: Keyset<P>, template: TemplateOf<P>): Keyset<P> => {
  const introduced = introduce(keyset, template)
  return { ...introduced, primary: introduced.keys.at(-1)?.id ?? keyset.primary }
}

const setStatus = <P extends Primitive>(keyset: Keyset<P>, id: number, status: "ENABLED" | "DISABLED") =>
  Either.flatMap(
    find(keyset, id),
    (key) => key.status === "DESTROYED" ? refused(id, "Destroyed") : Either.right(replace(keyset, { ...key, status }))
  )

/** What the key sealed does not open until it is enabled again. The primary cannot be disabled. */
export const disable = <P extends Primitive>(
  keyset: Keyset<P>,
  id: number
): Either.Either<Keyset<P>, KeyChangeRefused> =>
  id === keyset.primary ? refused(id, "Primary") : setStatus(keyset, id, "DISABLED")

export const enable = <P extends Primitive>(
  keyset: Keyset<P>,
  id: number
): Either.Either<Keyset<P>, KeyChangeRefused> => setStatus(keyset, id, "ENABLED")

const nothing = Redacted.make(new Uint8Array(0))

/** What the key sealed never opens again. The primary cannot be destroyed. */
export const destroy = <P extends Primitive>(
  keyset: Keyset<P>,
  id: number
): Either.Either<Keyset<P>, KeyChangeRefused> =>
  id === keyset.primary
    ? refused(id, "Primary")
    : Either.map(find(keyset, id), ({ prefix }) => {
      const rest: OpaqueKey = {
        id,
        status: "DESTROYED",
        prefix,
        algorithm: "OPAQUE",
        typeUrl: "",
        keyMaterialType: 0,
        material: nothing
      }
      return replace(keyset, rest)
    })

/** The keyset itself when it is for `primitive`. */
export const ofPrimitive = <P extends Primitive>(
  keyset: Keyset,
  primitive: P
): Either.Either<Keyset<P>, UnsupportedKey> =>
  keyset.primitive === primitive
    ? Either.right(keyset as Keyset<P>)
    : Either.left(new UnsupportedKey({ found: keyset.primitive }))

const usable = <P extends Primitive>(key: Key<P>): key is UsableKey<P> =>
  key.algorithm !== "OPAQUE" && key.status === "ENABLED"

/** The keys that open, in the keyset's order. */
export const usableKeys = <P extends Primitive>(keyset: Keyset<P>): ReadonlyArray<UsableKey<P>> =>
  keyset.keys.filter(usable)

/** The key that seals; `UnsupportedKey` when a newer version made it. */
export const primaryKey = <P extends Primitive>(keyset: Keyset<P>): Either.Either<UsableKey<P>, UnsupportedKey> => {
  const key = keyset.keys.find(({ id }) => id === keyset.primary)
  if (key !== undefined && usable(key)) return Either.right(key)
  return Either.left(new UnsupportedKey({ found: key?.algorithm === "OPAQUE" ? key.typeUrl : "no primary" }))
}
