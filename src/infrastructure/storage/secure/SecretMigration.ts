/**
 * Moving all secrets to another store: copied and compared under the lock of the store they come from, so that no write
 * is lost, then switched in one durable step. The old store is kept for a time of grace.
 *
 * Killed at any point, the next call goes on: before the switch the old store is the current one and untouched, after
 * it the new one is complete.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { Clock, DateTime, Duration, Effect, Option, Redacted, Schema } from "effect"
import { createHash } from "node:crypto"
import { Tampered } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { SecretTransaction } from "../../../domain/storage/SecureStore.ts"
import * as Secrets from "../../telemetry/catalogue/Secrets.ts"
import * as Span from "../../telemetry/Span.ts"
import { ProcessLock } from "../local/ProcessLock.ts"
import * as Framing from "./Framing.ts"
import * as SecretPlaces from "./SecretPlaces.ts"
import * as SecretTransfer from "./SecretTransfer.ts"

/** There are secrets of another origin in the store to migrate to. Nothing was changed. */
export class PlaceNotEmpty extends Schema.TaggedError<PlaceNotEmpty>()("PlaceNotEmpty", { place: Schema.String }) {
  override get message() {
    return `The secret store "${this.place}" holds secrets already; they were left as they are`
  }
}

/** The old store is kept until then. Nothing was changed. */
export class GraceNotOver extends Schema.TaggedError<GraceNotOver>()("GraceNotOver", {
  place: Schema.String,
  until: Schema.DateTimeUtc
}) {
  override get message() {
    return `The secrets in "${this.place}" are kept until ${DateTime.formatIso(this.until)}`
  }
}

export interface Options extends SecretPlaces.Options {
  /** How long the old store is kept; 30 days when absent. */
  readonly grace?: Duration.DurationInput
}

/** A migration waits for another one, which may ask a person to unlock a store. */
const patience = "2 minutes"

type Entries = Effect.Effect.Success<ReturnType<typeof SecretTransfer.read>>

/** Of names, values and whether they expire; when is a matter of rounding. */
const digest = (entries: Entries): string => {
  const hash = createHash("sha256")
  for (const { expiresAt, name, value } of entries) {
    hash.update(Framing.blocks(name, Redacted.value(value), Option.isSome(expiresAt) ? "expires" : ""))
  }
  return hash.digest("hex")
}

/** Makes the store hold these secrets and no others. */
const replaceAll = (transaction: SecretTransaction, entries: Entries) =>
  Effect.gen(function*() {
    const names = new Set(entries.map(({ name }) => name))
    const extra = (yield* transaction.list).filter((name) => !names.has(name))
    yield* Effect.forEach(extra, transaction.remove, { discard: true })
    yield* Effect.forEach(entries, (entry) => SecretTransfer.write(transaction, entry), { discard: true })
  })

/** What is left once those that expired in the meantime are gone. */
const lasting = (entries: Entries) =>
  Effect.map(
    Clock.currentTimeMillis,
    (now) =>
      entries.filter(({ expiresAt }) =>
        Option.isNone(expiresAt) || DateTime.toEpochMillis(expiresAt.value) > now + 1000
      )
  )

const copy = (from: SecretTransaction, to: SecretPlaces.Place) =>
  Effect.gen(function*() {
    const entries = yield* SecretTransfer.read(from)
    yield* to.store.transaction((transaction) => replaceAll(transaction, entries))
    const copied = yield* to.store.transaction(SecretTransfer.read)
    if (digest(yield* lasting(entries)) !== digest(yield* lasting(copied))) {
      return yield* new Tampered({ what: "copy of the secret store" })
    }
    return entries.length
  })

const removeAll = (place: SecretPlaces.Place) =>
  place.store.transaction((transaction) =>
    Effect.gen(function*() {
      const names = yield* transaction.list
      yield* Effect.forEach(names, transaction.remove, { discard: true })
      return names.length
    })
  )

export const make = (options: Options) =>
  Effect.gen(function*() {
    const places = yield* SecretPlaces.make(options)
    const grace = Duration.decode(options.grace ?? "30 days")
    const lock = createHash("sha256").update(options.file).digest("hex").slice(0, 16)
    const alone = (yield* ProcessLock).withLock(`secret-migration-${lock}`, patience)

    /** What a migration that did not end left there is ours, and so is what one away from there left behind. */
    const begin = (state: SecretPlaces.State, to: SecretPlaces.Place) =>
      Effect.gen(function*() {
        if (Option.contains(state.copying, to.name)) return state
        const isRetired = state.retired.some(({ place }) => place === to.name)
        if (!isRetired && (yield* to.store.list).length > 0) return yield* new PlaceNotEmpty({ place: to.name })
        const begun = {
          ...state,
          copying: Option.some(to.name),
          retired: state.retired.filter(({ place }) => place !== to.name)
        }
        yield* places.write(begun)
        return begun
      })

    /** The lock of `from` is held until the switch is durable: whoever writes there next sees it. */
    const copyAndSwitch = (state: SecretPlaces.State, from: SecretPlaces.Place, to: SecretPlaces.Place) =>
      from.store.transaction((transaction) =>
        Effect.gen(function*() {
          const entries = yield* copy(transaction, to)
          const until = DateTime.addDuration(yield* DateTime.now, grace)
          yield* places.write({
            current: to.name,
            copying: Option.none(),
            retired: [...state.retired, { place: from.name, until }]
          })
          yield* Span.annotate(Secrets.migrate, { "strata.vault.entries": entries })
        })
      )

    return {
      /** Done at once when `name` is the current place. `PlaceNotEmpty` when others put secrets there. */
      migrate: (name: string): Effect.Effect<void, SecretFailure | PlaceNotEmpty> =>
        Effect.gen(function*() {
          const state = yield* places.read
          if (state.current === name) return
          const [from, to] = yield* Effect.all([places.find(state.current), places.find(name)])
          yield* copyAndSwitch(yield* begin(state, to), from, to)
        }).pipe(alone, Span.withSpan(Secrets.migrate, { "strata.vault.step": "switch" })),

      /**
       * Removes the secrets from a place that a migration left behind, and gives their number; 0 when it was not left,
       * or was finalized before. The current place has to be readable.
       */
      finalize: (name: string): Effect.Effect<number, SecretFailure | GraceNotOver> =>
        Effect.gen(function*() {
          const state = yield* places.read
          const retired = state.retired.find(({ place }) => place === name)
          if (retired === undefined || state.current === name || Option.contains(state.copying, name)) return 0
          if (DateTime.lessThan(yield* DateTime.now, retired.until)) {
            return yield* new GraceNotOver({ place: name, until: retired.until })
          }
          yield* Effect.flatMap(places.find(state.current), ({ store }) => store.transaction(SecretTransfer.read))
          const removed = yield* Effect.flatMap(places.find(name), removeAll)
          yield* places.write({ ...state, retired: state.retired.filter(({ place }) => place !== name) })
          yield* Span.annotate(Secrets.migrate, { "strata.vault.entries": removed })
          return removed
        }).pipe(alone, Span.withSpan(Secrets.migrate, { "strata.vault.step": "finalize" })),

      /** Which place is current, and which are kept until when. */
      state: places.read
    }
  })

export type Needs = ProcessLock | FileSystem.FileSystem | Path.Path
