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

/**
 * A keyset older than this is read again: so long may a key be used after another process disabled it, and that much
 * longer for each time that the store was locked, busy or could not be read.
 */
const maxAge = 60_000

/** How long forged key ids cannot cause another reading after one did in vain. */
const patience = 1000

interface Held<P extends Primitive> {
  readonly keyset: Keyset.Keyset<P>
  readonly readAt: number
  /** Which reading it came from. */
  readonly reading: number
}

interface Purpose<P extends Primitive> {
  /** How the store knows its keyset. */
  readonly name: string
  /** Readings and changes, one at a time: many at once cause one, and none undoes what a later one found. */
  readonly alone: Effect.Semaphore
  held: Held<P> | undefined
  /** When it was last read in vain for a key id. */
  missedAt: number
  /** Readings and changes begun. */
  readings: number
  /** Whether it was logged that the store fails, since it last did not. */
  reported: boolean
}

const names = (keyset: Keyset.Keyset, id: number) => keyset.keys.some((key) => key.id === id)

type Change<P extends Primitive, A> = (current: Option.Option<Keyset.Keyset<P>>) => readonly [A, Keyset.Keyset<P>]

type Found<P extends Primitive> = Effect.Effect<Option.Option<Keyset.Keyset<P>>, SecretFailure>

export interface PurposeKeysets<P extends Primitive> {
  /** How the store knows the purpose's keyset. */
  readonly nameOf: (purpose: string) => string

  /** The purpose's keyset, made now if it has none. */
  readonly current: (purpose: string) => Effect.Effect<Keyset.Keyset<P>, SecretFailure>

  /** The purpose's keyset; `none` when none was ever made. Makes none. */
  readonly existing: (purpose: string) => Found<P>

  /** `existing` as it stands in the store now, for data that does not name its key. */
  readonly latest: (purpose: string) => Found<P>

  /**
   * `existing` for data that starts with the id of its key: another process may have introduced that key. Fails where the
   * store does, because without it nobody can tell such a key from a forged one.
   */
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
    const known = new Map<string, Purpose<P>>()

    const nameOf = (purpose: string) => `${folder}/${purpose}`

    const of = (purpose: string): Purpose<P> => {
      const found = known.get(purpose)
      if (found !== undefined) return found
      const made: Purpose<P> = {
        name: nameOf(purpose),
        alone: Effect.unsafeMakeSemaphore(1),
        held: undefined,
        missedAt: -Infinity,
        readings: 0,
        reported: false
      }
      known.set(purpose, made)
      return made
    }

    const narrow = (keyset: Keyset.Keyset) =>
      Either.mapLeft(Keyset.ofPrimitive(keyset, primitive), () => new Corrupt({ store: "keyset", operation: "read" }))

    const read = (purpose: Purpose<P>, readAt: number): Found<P> => {
      const reading = ++purpose.readings
      return store.load(purpose.name).pipe(
        Effect.flatMap(Effect.transposeMapOption(narrow)),
        Effect.map((found) => {
          purpose.held = Option.getOrUndefined(Option.map(found, (keyset) => ({ keyset, readAt, reading })))
          purpose.reported = false
          return found
        })
      )
    }

    /** A store that cannot be read for now does not take away what is known already. */
    const readAgain = (purpose: Purpose<P>, readAt: number): Found<P> => {
      const { held } = purpose
      if (held === undefined) return read(purpose, readAt)
      Metrics.reloads.update(1, { "strata.crypto.reason": "age" })
      const keep = ({ _tag }: SecretFailure) => {
        purpose.held = { ...held, readAt, reading: purpose.readings }
        const report = purpose.reported
          ? Effect.void
          : Effect.logWarning(`A keyset cannot be read again (${_tag}); the one in memory stays in use`)
        purpose.reported = true
        return Effect.as(report, Option.some(held.keyset))
      }
      return Effect.catchTags(read(purpose, readAt), { Locked: keep, Busy: keep, Io: keep })
    }

    const modifyAlone = <A>(purpose: Purpose<P>, change: Change<P, A>): Effect.Effect<A, SecretFailure> =>
      Clock.clockWith((clock) => {
        const readAt = clock.unsafeCurrentTimeMillis()
        const reading = ++purpose.readings
        return Effect.map(
          store.modify(purpose.name, (current) =>
            Effect.map(Effect.transposeMapOption(current, narrow), (keyset) => {
              const [result, changed] = change(keyset)
              return [[result, changed] as const, changed] as const
            })),
          ([result, keyset]) => {
            purpose.held = { keyset, readAt, reading }
            return result
          }
        )
      })

    /** What is held if that will do, else what `next` gives. Looks again when it is its turn. */
    const heldOr = <E>(
      purpose: Purpose<P>,
      willDo: (held: Held<P>, now: number) => boolean,
      next: (now: number) => Effect.Effect<Option.Option<Keyset.Keyset<P>>, E>
    ): Effect.Effect<Option.Option<Keyset.Keyset<P>>, E> => {
      const look = (otherwise: (now: number) => Effect.Effect<Option.Option<Keyset.Keyset<P>>, E>) =>
        Clock.clockWith((clock) => {
          const now = clock.unsafeCurrentTimeMillis()
          const { held } = purpose
          return held !== undefined && willDo(held, now) ? Effect.succeedSome(held.keyset) : otherwise(now)
        })
      return look(() => purpose.alone.withPermits(1)(look(next)))
    }

    const existing = (name: string): Found<P> => {
      const purpose = of(name)
      return heldOr(purpose, ({ readAt }, now) => now - readAt < maxAge, (now) => readAgain(purpose, now))
    }

    return {
      nameOf,
      existing,

      modify: (name, change) =>
        Effect.suspend(() => {
          const purpose = of(name)
          return purpose.alone.withPermits(1)(modifyAlone(purpose, change))
        }),

      latest: (name) =>
        Effect.suspend(() => {
          const purpose = of(name)
          const asked = purpose.readings
          return heldOr(purpose, ({ reading }) => reading > asked, (now) => readAgain(purpose, now))
        }),

      current: (name) =>
        Effect.flatMap(existing(name), (found) => {
          if (Option.isSome(found)) return Effect.succeed(found.value)
          const purpose = of(name)
          // Another process may have made one since: what counts is what stands there under the lock.
          const made = modifyAlone(purpose, (stored) => {
            const keyset = Option.getOrElse(stored, create)
            return [keyset, keyset]
          })
          return purpose.alone.withPermits(1)(
            Effect.suspend(() => purpose.held === undefined ? made : Effect.succeed(purpose.held.keyset))
          )
        }),

      naming: (name, data) =>
        Effect.flatMap(existing(name), (found) => {
          const id = OutputPrefix.idOf(data)
          if (Option.isNone(found) || id === 0 || names(found.value, id)) return Effect.succeed(found)
          const purpose = of(name)
          return heldOr(
            purpose,
            ({ keyset }, now) => names(keyset, id) || now - purpose.missedAt < patience,
            (now) => {
              Metrics.reloads.update(1, { "strata.crypto.reason": "unknown_key" })
              return Effect.map(read(purpose, now), (again) => {
                if (!Option.exists(again, (keyset) => names(keyset, id))) purpose.missedAt = now
                return again
              })
            }
          )
        })
    }
  })
