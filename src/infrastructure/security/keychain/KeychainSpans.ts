/**
 * The same spans for every adapter.
 */
import { Effect, Option } from "effect"
import * as Catalogue from "../../telemetry/catalogue/Keychain.ts"
import * as Span from "../../telemetry/Span.ts"
import type { Keychain } from "./Keychain.ts"

type Service = typeof Keychain.Service

/** All rows have the same attributes. */
const row = Catalogue.keychainGet

const result = <A, E>(effect: Effect.Effect<A, E>, word: (value: A) => string) =>
  Effect.tap(effect, (value) => Span.annotate(row, { "strata.keychain.result": word(value) }))

/** Says in the current span that a person was asked. */
export const prompted = Span.annotate(row, { "strata.keychain.prompted": true })

/** `status` has no span: it is asked by checks that have one. */
export const traced = (backend: string, keychain: Service): Service => {
  const attributes = { "strata.keychain.backend": backend } as const
  return {
    status: keychain.status,
    get: (item, access) =>
      result(keychain.get(item, access), (found) => Option.isSome(found) ? "found" : "absent").pipe(
        Span.withSpan(Catalogue.keychainGet, attributes)
      ),
    set: (item, value, access) =>
      result(keychain.set(item, value, access), () => "written").pipe(
        Span.withSpan(Catalogue.keychainSet, attributes)
      ),
    remove: (item, access) =>
      result(keychain.remove(item, access), (removed) => removed ? "removed" : "absent").pipe(
        Span.withSpan(Catalogue.keychainRemove, attributes)
      ),
    list: (service, access) =>
      result(keychain.list(service, access), ({ length }) => length > 0 ? "found" : "absent").pipe(
        Span.withSpan(Catalogue.keychainList, attributes)
      ),
    unlock: (access) =>
      result(keychain.unlock(access), () => "unlocked").pipe(Span.withSpan(Catalogue.keychainUnlock, attributes))
  }
}
