/**
 * A locked secret store is opened with what only the person knows, when there is a person to ask. One that only a
 * person would open is made with a passphrase.
 */
import { Array as Arr, Effect, Option, Predicate } from "effect"
import { Maintenance } from "../domain/operations/Maintenance.ts"
import type { SecretStoreStatus, UnlockSlot } from "../domain/operations/Maintenance.ts"
import { printable } from "./Output.ts"
import * as SecretInput from "./SecretInput.ts"
import { StandardStreams } from "./StandardStreams.ts"

const names = { passphrase: "Passphrase", "recovery-code": "Recovery code" } as const

/** A lost key leaves what the person knows, too. */
const isLocked = (failure: unknown) => Predicate.isTagged(failure, "Locked") || Predicate.isTagged(failure, "KeyLost")

/** The kinds of slot that a person opens. */
const askable = (slots: ReadonlyArray<UnlockSlot>) =>
  (["passphrase", "recovery-code"] as const).filter((type) => slots.some((slot) => slot.type === type && !slot.stale))

/** One question, whichever slot the answer is for. */
const unlock = (maintenance: typeof Maintenance.Service, types: Arr.NonEmptyReadonlyArray<keyof typeof names>) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    const question = types.map((type, index) => (index === 0 ? names[type] : names[type].toLowerCase())).join(" or ")
    const answer = yield* streams.askSecret(`${question} of the secret store`)
    const [first, second] = types
    const opened = maintenance.unlock(first, answer)
    yield* second === undefined
      ? opened
      : Effect.catchTag(opened, "WrongSecret", () => maintenance.unlock(second, answer))
  })

/** There is no store yet, and nothing but a person would open it. */
const isFirstUse = ({ exists, keySources }: SecretStoreStatus) => !exists && keySources.length === 0

const begin = (maintenance: typeof Maintenance.Service, { location }: SecretStoreStatus) =>
  Effect.flatMap(
    SecretInput.newPassphrase(`New passphrase for the secret store ${printable(location)}`),
    (passphrase) => maintenance.addSlot({ _tag: "Passphrase", passphrase })
  )

/** Runs `work`; when it finds the store locked, asks once and runs it again. */
export const unlocking = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.catchAll(work, (failure) =>
    Effect.gen(function*() {
      const maintenance = yield* Effect.serviceOption(Maintenance)
      const streams = yield* StandardStreams
      const canAsk = isLocked(failure) && (yield* streams.hasPerson)
      if (!canAsk || Option.isNone(maintenance)) return yield* Effect.fail(failure)
      const status = yield* Effect.mapError(maintenance.value.status, () => failure)
      const types = askable(status.slots)
      if (Arr.isNonEmptyReadonlyArray(types)) yield* unlock(maintenance.value, types)
      else if (isFirstUse(status)) yield* begin(maintenance.value, status)
      else return yield* Effect.fail(failure)
      return yield* work
    }))
