/**
 * What a primitive makes of a keyset before its first use, kept for as long as the keyset is.
 */
import { Either, identity } from "effect"
import type { Primitive, UsableKey } from "./Key.ts"
import * as Keyset from "./Keyset.ts"
import * as OutputPrefix from "./OutputPrefix.ts"

/** A key ready for use, and what stands in front of what it makes. */
export interface PreparedKey<A> {
  readonly prefix: Uint8Array
  readonly use: A
}

export interface Prepared<A> {
  /** Throws `UnsupportedKey` when a newer version made the primary key. */
  readonly primary: () => PreparedKey<A>

  /** The keys to try on `data`, in this order: the one it names, then RAW ones. */
  readonly candidates: (data: Uint8Array) => ReadonlyArray<PreparedKey<A>>
}

/** `prepare` is run once for each key of a keyset that is enabled. */
export const make = <P extends Primitive, A>(prepare: (key: UsableKey<P>) => A) => {
  const known = new WeakMap<Keyset.Keyset<P>, Prepared<A>>()

  const build = (keyset: Keyset.Keyset<P>): Prepared<A> => {
    const all = new Map<UsableKey<P>, PreparedKey<A>>()
    const of = (key: UsableKey<P>): PreparedKey<A> => {
      const found = all.get(key)
      if (found !== undefined) return found
      const prepared = { prefix: OutputPrefix.of(key), use: prepare(key) }
      all.set(key, prepared)
      return prepared
    }
    const keys = Keyset.usableKeys(keyset)
    const raw = keys.filter(({ prefix }) => prefix === "RAW").map(of)
    const named = keys.filter(({ prefix }) => prefix !== "RAW")
    const byId = new Map<number, ReadonlyArray<PreparedKey<A>>>(named.map((key) => [key.id, [of(key), ...raw]]))
    const primary = Either.map(Keyset.primaryKey(keyset), of)
    return {
      primary: () => Either.getOrThrowWith(primary, identity),
      candidates: (data) => byId.get(OutputPrefix.idOf(data)) ?? raw
    }
  }

  return (keyset: Keyset.Keyset<P>): Prepared<A> => {
    let prepared = known.get(keyset)
    if (prepared === undefined) {
      prepared = build(keyset)
      known.set(keyset, prepared)
    }
    return prepared
  }
}
