/**
 * The keysets of one primitive, one per purpose, held in memory and read again when another process may have changed them.
 */
import { Clock, Effect, Either, Option } from "effect"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import * as Metrics from "../../telemetry/catalogue/Crypto.ts"
import type { Primitive } from "./Key.ts"
import * as Keyset from "./Keyset.ts"
import { KeysetStore } from "./KeysetStore.ts"
import * as OutputPrefix from "./OutputPrefix.ts"

/** A keyset older than this is read again: so long may a key be used after another process disabled it. */
const maxAge = 60_000

/** How long forged key ids cannot cause another reading after one did in vain. */
const patience = 1000

interface Held<P extends Primitive> {
  readonly keyset: Keyset.Keyset<P>
  readonly readAt: number
  /** When it was last read for a key id that was not there then either. */
  readonly missedAt: number
}

const names = (keyset: Keyset.Keyset, id: number) => keyset.keys.some((key) => key.id === id)

type Change<P extends Primitive, A> = (current: Option.Option<Keyset.Keyset<P>>) => readonly [A, Keyset.Keyset<P>]

type Found<P extends Primitive> = Effect.Effect<Option.Option<Keyset.Keyset<P>>, SecretFailure>

export interface PurposeKeysets<P extends Primitive> {
  /** How the store knows the purpose's keyset. */
  readonly nameOf: (purpose: string) => string

  /** The purpose's keyset, made now if it has none. */
  readonly current: (purpose: string) => Effect.Effect<Keyset.Keyset<P>, SecretFailure>

  /** The purpose's keyset, not older than `age`; `none` when none was ever made. Makes none. */
  readonly existing: (purpose: string, age?: number) => Found<P>

  /** `existing` for data that starts with the id of its key: another process may have introduced that key. */
  readonly naming: (purpose: string, data: Uint8Array) => Found<P>

  /** Saves what `change` makes of the purpose's keyset, for all processes, and holds it. */
  readonly modify: <A>(purpose: string, change: Change<P, A>) => Effect.Effect<A, SecretFailure>
}

export const make = <P extends Primitive>(
  primitive: P,
  folder: string,
  create: () => Keyset.Keyset<P>
): Effect.Effect<PurposeKeysets<P>, never, KeysetStore> =>
  Effect.gen(function*() {
    const store = yield* KeysetStore

    /** Grows with the purposes that the program names, of which there are a handful. */
    const known = new Map<string, Held<P>>()

    const nameOf = (purpose: string) => `${folder}/${purpose}`

    const narrow = (keyset: Keyset.Keyset) =>
      Either.mapLeft(Keyset.ofPrimitive(keyset, primitive), () => new Corrupt({ store: "keyset", operation: "read" }))

    const hold = (purpose: string, keyset: Keyset.Keyset<P>, readAt: number, missedAt = -Infinity) => {
      known.set(purpose, { keyset, readAt, missedAt })
      return keyset
    }

    const read = (purpose: string, now: number) =>
      store.load(nameOf(purpose)).pipe(
        Effect.flatMap(Effect.transposeMapOption(narrow)),
        Effect.map((found) => {
          if (Option.isNone(found)) known.delete(purpose)
          return Option.map(found, (keyset) => hold(purpose, keyset, now))
        })
      )

    /** A store that is locked or broken by now does not take away what is known already. */
    const readAgain = (purpose: string, held: Held<P>, now: number) =>
      Effect.orElseSucceed(read(purpose, now), () => Option.some(hold(purpose, held.keyset, now, held.missedAt)))

    const modify = <A>(purpose: string, change: Change<P, A>): Effect.Effect<A, SecretFailure> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.map(
          store.modify(nameOf(purpose), (current) =>
            Effect.map(Effect.transposeMapOption(current, narrow), (keyset) => {
              const [result, changed] = change(keyset)
              return [[result, changed] as const, changed] as const
            })),
          ([result, keyset]) => {
            hold(purpose, keyset, now)
            return result
          }
        ))

    const existing = (purpose: string, age = maxAge): Found<P> =>
      Clock.clockWith((clock) => {
        const now = clock.unsafeCurrentTimeMillis()
        const held = known.get(purpose)
        if (held === undefined) return read(purpose, now)
        if (now - held.readAt < age) return Effect.succeedSome(held.keyset)
        Metrics.reloads.update(1, { "strata.crypto.reason": "age" })
        return readAgain(purpose, held, now)
      })

    return {
      nameOf,
      modify,
      existing,

      current: (purpose) =>
        Effect.flatMap(existing(purpose), (found) =>
          Option.isSome(found)
            ? Effect.succeed(found.value)
            // Another process may have made one since: what counts is what stands there under the lock.
            : modify(purpose, (stored) => {
              const keyset = Option.getOrElse(stored, create)
              return [keyset, keyset]
            })),

      naming: (purpose, data) =>
        Effect.flatMap(existing(purpose), (found) => {
          const id = OutputPrefix.idOf(data)
          const held = known.get(purpose)
          if (Option.isNone(found) || held === undefined || id === 0) return Effect.succeed(found)
          if (names(held.keyset, id)) return Effect.succeed(found)
          return Clock.clockWith((clock) => {
            const now = clock.unsafeCurrentTimeMillis()
            if (now - held.missedAt < patience) return Effect.succeed(found)
            // Before the reading, so that many at once cause one.
            hold(purpose, held.keyset, held.readAt, now)
            Metrics.reloads.update(1, { "strata.crypto.reason": "unknown_key" })
            return Effect.tap(readAgain(purpose, held, now), (again) => {
              if (Option.isSome(again) && !names(again.value, id)) hold(purpose, again.value, now, now)
              return Effect.void
            })
          })
        })
    }
  })
