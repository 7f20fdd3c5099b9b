/**
 * A locked secret store is opened with what only the person knows, when there is a person to ask.
 */
import { Array as Arr, Effect, Option, Predicate } from "effect"
import { Maintenance } from "../domain/operations/Maintenance.ts"
import { StandardStreams } from "./StandardStreams.ts"

const names = { passphrase: "Passphrase", "recovery-code": "Recovery code" } as const

/** A lost key leaves what the person knows, too. */
const isLocked = (failure: unknown) => Predicate.isTagged(failure, "Locked") || Predicate.isTagged(failure, "KeyLost")

/** The kinds of slot that a person opens, if one can be asked. */
const askable = (maintenance: typeof Maintenance.Service) =>
  Effect.gen(function*() {
    const streams = yield* StandardStreams
    if (!(yield* streams.hasPerson)) return Arr.empty<keyof typeof names>()
    const slots = yield* Effect.orElseSucceed(Effect.map(maintenance.status, (status) => status.slots), () => [])
    return (["passphrase", "recovery-code"] as const).filter((type) =>
      slots.some((slot) => slot.type === type && !slot.stale)
    )
  })

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

/** Runs `work`; when it finds the store locked, asks once and runs it again. */
export const unlocking = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.catchAll(work, (failure) =>
    Effect.gen(function*() {
      const maintenance = yield* Effect.serviceOption(Maintenance)
      if (!isLocked(failure) || Option.isNone(maintenance)) return yield* Effect.fail(failure)
      const types = yield* askable(maintenance.value)
      if (!Arr.isNonEmptyReadonlyArray(types)) return yield* Effect.fail(failure)
      yield* unlock(maintenance.value, types)
      return yield* work
    }))
