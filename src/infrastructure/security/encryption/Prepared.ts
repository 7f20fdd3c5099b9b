/**
 * What a primitive makes of a keyset before its first use, kept for as long as the keyset is.
 */
import { Either, identity } from "effect"
import type { Primitive, UsableKey } from "./Key.ts"
import * as Keyset from "./Keyset.ts"
import { UnsupportedKey } from "./KeysetFailure.ts"
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
    const raw: Array<PreparedKey<A>> = []
    const byId = new Map<number, ReadonlyArray<PreparedKey<A>>>()
    const all = new Map<number, PreparedKey<A>>()
    for (const key of Keyset.usableKeys(keyset)) {
      const prepared = { prefix: OutputPrefix.of(key), use: prepare(key) }
      all.set(key.id, prepared)
      if (key.prefix === "RAW") raw.push(prepared)
    }
    for (const [id, prepared] of all) if (prepared.prefix.length > 0) byId.set(id, [prepared, ...raw])
    const primary = Keyset.primaryKey(keyset).pipe(
      Either.flatMap(({ id }) => Either.fromNullable(all.get(id), () => new UnsupportedKey({ found: "no primary" })))
    )
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
