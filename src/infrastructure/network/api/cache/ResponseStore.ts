/**
 * Answers in the `Cache`: found by the request's own fields where they vary, removed by URL and by account. Whatever the
 * cache does, nothing here fails.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import { Cause, Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import type { UserId } from "../../../../domain/auth/User.ts"
import type { Cache } from "../../../../domain/storage/Cache.ts"
import * as CacheKey from "./CacheKey.ts"
import * as Freshness from "./Freshness.ts"
import * as StoredResponse from "./StoredResponse.ts"

type Stored = StoredResponse.StoredResponse

/** What there is for a request. `variants`: there are answers, to requests with other fields. */
export interface Found {
  readonly stored: Stored | undefined
  readonly variants: boolean
}

export interface ResponseStore {
  readonly find: (key: string, request: HttpClientRequest) => Effect.Effect<Found>
  /** `key` is the primary one. `false` when answers vary by what no request can match. */
  readonly save: (
    place: { readonly user: UserId; readonly key: string },
    request: HttpClientRequest,
    stored: Stored,
    now: number
  ) => Effect.Effect<boolean>
  /** Every variant. Costs a write, whether there is one or not. */
  readonly remove: (key: string) => Effect.Effect<void>
  /** Every variant that can be found. Costs a read when there is none. */
  readonly removeFound: (key: string) => Effect.Effect<void>
}

/** Combinations of fields that one URL is remembered to vary by. */
const maxCombinations = 4

const nothing: Found = { stored: undefined, variants: false }

const orElse = <A>(effect: Effect.Effect<A>, instead: A): Effect.Effect<A> =>
  Effect.catchAllCause(effect, (cause) => Cause.isInterruptedOnly(cause) ? Effect.interrupt : Effect.succeed(instead))

/** Answers that can be asked about or serve stale are kept as long as the region says; others while they are fresh. */
const optionsOf = (stored: Stored, now: number) => {
  const { freshness, headers } = stored
  const useful = headers["etag"] !== undefined || headers["last-modified"] !== undefined || !freshness.mustRevalidate
  if (useful) return {}
  const { age, lifetime } = Freshness.at(freshness, now)
  return { policy: { timeToLive: `${Math.max(0, Math.ceil(lifetime - age))} seconds` as const } }
}

const sameFields = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) => one.join() === other.join()

export const make = (cache: typeof Cache.Service): ResponseStore => {
  const { region } = StoredResponse
  const get = (key: string) => Effect.map(cache.get(region, key), Option.map(({ value }) => value))

  const findVariant = (
    key: string,
    request: HttpClientRequest,
    { fields: [fields, ...others], index }: Omit<StoredResponse.Variants, "_tag">
  ): Effect.Effect<Found> =>
    fields === undefined
      ? Effect.succeed({ stored: undefined, variants: true })
      : Effect.flatMap(get(CacheKey.variant(key, index, fields, request.headers)), (found) =>
        Option.isSome(found) && found.value._tag === "Response"
          ? Effect.succeed({ stored: found.value, variants: true })
          : findVariant(key, request, { index, fields: others }))

  return {
    find: (key, request) =>
      orElse(
        Effect.flatMap(get(key), (found) =>
          Option.isNone(found)
            ? Effect.succeed(nothing)
            : found.value._tag === "Response"
            ? Effect.succeed({ stored: found.value, variants: false })
            : findVariant(key, request, found.value)),
        nothing
      ),

    save: ({ key, user }, request, stored, now) => {
      const fields = CacheKey.fieldsOf(stored.headers["vary"])
      if (fields.includes("*")) return Effect.succeed(false)
      const tags = [CacheKey.accountTag(user), CacheKey.urlTag(key)]
      const entry = { tags, ...optionsOf(stored, now) }
      if (fields.length === 0) return orElse(Effect.as(cache.set(region, key, stored, entry), true), false)
      const saved = Effect.flatMap(get(key), (found) => {
        const known = Option.isSome(found) && found.value._tag === "Variants" ? found.value : undefined
        const index = known?.index ?? randomUUID()
        const others = (known?.fields ?? []).filter((each) => !sameFields(each, fields)).slice(0, maxCombinations - 1)
        return Effect.zipRight(
          cache.set(region, key, { _tag: "Variants", index, fields: [fields, ...others] }, { tags }),
          cache.set(region, CacheKey.variant(key, index, fields, request.headers), stored, entry)
        )
      })
      return orElse(Effect.as(saved, true), false)
    },

    remove: (key) => orElse(cache.removeTag(CacheKey.urlTag(key)), undefined),

    removeFound: (key) =>
      orElse(
        Effect.flatMap(
          cache.get(region, key),
          (found) => Option.isNone(found) ? Effect.void : cache.removeTag(CacheKey.urlTag(key))
        ),
        undefined
      )
  }
}

/** Leaves nothing of the account's answers, in any process that shares the cache. When it cannot, the log says so. */
export const purge = (cache: typeof Cache.Service, user: UserId): Effect.Effect<void> =>
  Effect.catchAllCause(cache.removeTag(CacheKey.accountTag(user)), (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.interrupt
      : Effect.logWarning("What the cache holds of an account that is no longer signed in could not be removed"))
