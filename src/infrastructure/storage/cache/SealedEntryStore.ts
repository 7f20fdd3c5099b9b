/**
 * Entries sealed before they are stored, under names that tell nothing. When and for how long they are kept, and how
 * large they are, can be seen.
 *
 * What is sealed is bound to everything the row says of it, so that a row does not open as another key's, with other
 * tags, or longer than it was to live. A load's value is bound to its generation too. The number of a set is taken by the
 * write itself; to know it before would cost another, durable one, so a set is bound to being one. What that leaves is
 * that an old set of the same key, put back under a higher number, survives what had invalidated it: not longer than
 * its own age allows, and not with a process that has met a newer one. Who can write the file can as well delete the
 * invalidation or put all of an older file back.
 */
import { Clock, Duration, Effect, Option, Redacted } from "effect"
import { Crypto } from "../../../domain/security/Crypto.ts"
import type { DecryptionFailed } from "../../../domain/security/CryptoFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Telemetry from "../../telemetry/catalogue/Cache.ts"
import type { Claim, Entry, EntryStore, NewEntry, Stored, Target } from "./EntryStore.ts"
import * as HiddenNames from "./HiddenNames.ts"
import * as LatestSeen from "./LatestSeen.ts"
import * as SealedEntry from "./SealedEntry.ts"

/** Of `Crypto`. */
const purpose = "cache"

/** Of the key that hides names: derived, because keys that seal or authenticate may be replaced by newer ones. */
const namesInfo = new TextEncoder().encode("names")

/** Another process may have begun anew with other keys. */
const namesAge = Duration.toMillis("1 minute")

/** A locked store is not asked at every read. */
const retryEvery = Duration.toMillis("10 seconds")

const nothing = Effect.succeed(undefined)

const isWithin = (age: number, now: number, since: number) => now >= since && now - since < age

type Hide = (kind: HiddenNames.Kind, name: string) => string

const hidden = (hide: Hide, target: Target): Target => {
  switch (target._tag) {
    case "All":
      return target
    case "Key":
      return { _tag: "Key", key: hide("key", target.key) }
    case "Tag":
      return { _tag: "Tag", tag: hide("tag", target.tag) }
  }
}

/**
 * While `Crypto` cannot be used, reads are misses, and nothing is stored or removed but what an invalidation concerns;
 * without names that is everything.
 */
export const make = (store: EntryStore): Effect.Effect<EntryStore, never, Crypto> =>
  Effect.map(Crypto, (crypto) => {
    const names = HiddenNames.make()
    const latest = LatestSeen.make()
    let namedAt = -Infinity
    let failedAt = -Infinity
    let isReported = false

    const fail = ({ _tag }: SecretFailure, now: number) =>
      Effect.suspend(() => {
        failedAt = now
        if (isReported) return nothing
        isReported = true
        return Effect.as(Effect.logWarning(`Nothing is cached while its key cannot be used (${_tag})`), undefined)
      })

    /** `undefined` while it cannot be done. */
    const attempt = <A>(use: Effect.Effect<A, SecretFailure>): Effect.Effect<A | undefined> =>
      Clock.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        if (isWithin(retryEvery, now, failedAt)) return nothing
        return Effect.matchEffect(use, {
          onFailure: (failure) => fail(failure, now),
          onSuccess: (result) => {
            isReported = false
            return Effect.succeed(result)
          }
        })
      })

    const withNames = <A, E, R>(use: (hide: Hide | undefined) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Clock.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        if (isWithin(namesAge, now, namedAt)) return use(names.hide)
        return Effect.flatMap(attempt(crypto.derive(purpose, namesInfo, 32)), (secret) => {
          if (secret !== undefined) {
            namedAt = now
            names.setSecret(Redacted.value(secret))
          }
          return use(names.hide)
        })
      })

    const seal = (hide: Hide | undefined, plain: NewEntry): Effect.Effect<NewEntry | undefined> => {
      if (hide === undefined) return nothing
      const row = SealedEntry.rowOf(plain, hide("key", plain.key), plain.tags.map((tag) => hide("tag", tag)))
      const sealing = crypto.seal(purpose, SealedEntry.contentOf(plain), SealedEntry.placeOf(row, row.generation))
      return Effect.map(attempt(sealing), (sealed) =>
        sealed === undefined ? undefined : { ...row, value: SealedEntry.marked(sealed, row.generation) })
    }

    /** Without names all have to be meant. */
    const invalidate = (hide: Hide | undefined, kind: "expire" | "remove", target: Target) =>
      store.invalidate({ kind, target: hide === undefined ? { _tag: "All" } : hidden(hide, target) })

    /** A set that is not stored still ends what was there. */
    const skip = (hide: Hide | undefined, { generation, key }: NewEntry) =>
      generation === "next"
        ? Effect.as(invalidate(hide, "remove", { _tag: "Key", key }), Option.none<number>())
        : Effect.succeedNone

    const stored = (row: NewEntry, own: Option.Option<number>) => {
      if (Option.isSome(own)) {
        latest.record(row.key, own.value, row.storedAt)
      }
      return own
    }

    const putOne = (
      hide: Hide | undefined,
      entry: NewEntry,
      put: Claim["put"]
    ) =>
      Effect.flatMap(seal(hide, entry), (row) =>
        row === undefined ? skip(hide, entry) : Effect.map(put(row), (own) =>
          stored(row, own)))

    const putAll = (hide: Hide | undefined, entries: ReadonlyArray<NewEntry>, write: "behind" | "through") =>
      Effect.gen(function*() {
        const rows = yield* Effect.forEach(entries, (entry) =>
          seal(hide, entry))
        const sealed = rows.filter((row) =>
          row !== undefined
        )
        const own = sealed.length === 0 ? [] : yield* store.put(sealed, write)
        let next = 0
        const results: Array<Option.Option<number>> = []
        for (const [index, entry] of entries.entries()) {
          const row = rows[index]
          results.push(
            row === undefined ? yield* skip(hide, entry) : stored(row, own[next++] ?? Option.none())
          )
        }
        return results satisfies Stored
      })

    const drop = (row: Entry) => {
      Telemetry.dropped.update(1, { "strata.cache.reason": "sealed" })
      const removed = store.invalidate({ kind: "remove", target: { _tag: "Key", key: row.key } })
      return Effect.as(Effect.ignore(removed), Option.none<Entry>())
    }

    const open = (key: string, row: Entry) => {
      const place = SealedEntry.placeOf(row, SealedEntry.generationOf(row))
      const opening = crypto.open(purpose, row.value.subarray(1), place).pipe(
        Effect.catchTag("DecryptionFailed", (failure) => Effect.succeed<Uint8Array | DecryptionFailed>(failure))
      )
      return Effect.flatMap(attempt(opening), (content) => {
        if (content === undefined) return Effect.succeedNone
        if (!(content instanceof Uint8Array) || latest.isOlder(row.key, row.generation, row.storedAt)) return drop(row)
        const { tags, value } = SealedEntry.parse(content)
        for (const [index, id] of row.tags.entries()) names.learn(id, tags[index] ?? id)
        latest.record(row.key, row.generation, row.storedAt)
        return Effect.succeedSome({ ...row, key, tags, value })
      })
    }

    return {
      generation: store.generation,
      get: (key) =>
        withNames((hide) =>
          hide === undefined
            ? Effect.succeedNone
            : Effect.flatMap(
              store.get(hide("key", key)),
              (found) => Option.isNone(found) ? Effect.succeedNone : open(key, found.value)
            )
        ),
      put: (entries, write) =>
        withNames((hide) => {
          const [first, ...others] = entries
          if (first === undefined || others.length > 0) return putAll(hide, entries, write)
          const put = (row: NewEntry) => Effect.map(store.put([row], write), ([own]) => own ?? Option.none<number>())
          return Effect.map(putOne(hide, first, put), (own) => [own])
        }),
      invalidate: ({ kind, target }) => withNames((hide) => invalidate(hide, kind, target)),
      changes: Effect.map(store.changes, Option.flatMap((changes) => Option.fromNullable(names.show(changes)))),
      claim: (key) =>
        withNames((hide) =>
          hide === undefined
            ? Effect.succeedSome<Claim>({ put: (entry) => withNames((later) => skip(later, entry)) })
            : Effect.map(
              store.claim(hide("key", key)),
              Option.map(({ put }): Claim => ({
                put: (entry) => putOne(hide, entry, put)
              }))
            )
        ),
      size: store.size
    }
  })
