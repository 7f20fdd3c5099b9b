/**
 * The key under which a store keeps an entry of a region.
 */
import { createHash } from "node:crypto"
import type { CacheRegion } from "../../../domain/storage/Cache.ts"

const prefixes = new WeakMap<object, string>()

/** No two pairs of region and key have the same. */
export const of = <A>(region: CacheRegion<A>, key: string): string => {
  let prefix = prefixes.get(region)
  if (prefix === undefined) {
    prefix = `${region.name.length}:${region.name}:`
    prefixes.set(region, prefix)
  }
  return prefix + key
}

/** The other way. */
export const parse = (entryKey: string): { readonly region: string; readonly key: string } => {
  const start = entryKey.indexOf(":") + 1
  const end = start + Number.parseInt(entryKey, 10)
  return { region: entryKey.slice(start, end), key: entryKey.slice(end + 1) }
}

/** UTF-8 has no form for lone surrogates: they would come back as something else, or under another key. */
export const isStorable = (text: string): boolean => !/\p{Surrogate}/u.test(text)

/** For telemetry, which has no keys. */
export const hash = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 8)
