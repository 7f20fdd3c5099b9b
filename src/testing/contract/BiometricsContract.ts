/**
 * What every `Biometrics` must do. `needs: ["RecognizedPerson"]` marks cases where the person asked is the one
 * enrolled. Not covered: what the person sees.
 */
import { DateTime, Effect, Either, Equal } from "effect"
import { Biometrics } from "../../domain/security/Biometrics.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

export const contract: Contract<Biometrics> = {
  name: "Biometrics",
  cases: [
    contractCase(
      "says the same about its availability while nothing changes",
      Effect.gen(function*() {
        const biometrics = yield* Biometrics
        const first = yield* biometrics.availability
        const second = yield* biometrics.availability
        yield* ensure(first._tag === second._tag, `${first._tag} became ${second._tag}`)
      })
    ),
    contractCase(
      "fails for the reason that availability gives",
      Effect.gen(function*() {
        const biometrics = yield* Biometrics
        const availability = yield* biometrics.availability
        if (availability._tag === "Available") return
        const result = yield* Effect.either(biometrics.authenticate("open the notes"))
        yield* ensure(
          Either.isLeft(result) && result.left._tag === "BiometricUnavailable" &&
            result.left.reason === availability.reason,
          `availability says ${availability.reason}, authenticate does not`
        )
      })
    ),
    contractCase(
      "is available where a person can be recognized",
      Effect.gen(function*() {
        const { _tag } = yield* (yield* Biometrics).availability
        yield* ensure(_tag === "Available", "it says that nobody can be asked")
      }),
      ["RecognizedPerson"]
    ),
    contractCase(
      "recognizes the person by the method it announced, now, and claims no more than soft assurance",
      Effect
        .gen(function*() {
          const biometrics = yield* Biometrics
          const availability = yield* biometrics.availability
          const before = yield* DateTime.now
          const presence = yield* biometrics.authenticate("open the notes")
          const after = yield* DateTime.now
          yield* ensure(
            availability._tag === "Available" && Equal.equals(availability.method, presence.method),
            `the person was recognized by ${presence.method}`
          )
          yield* ensure(presence.assurance === "soft", `it claims ${presence.assurance} assurance`)
          yield* ensure(DateTime.between(presence.at, { minimum: before, maximum: after }), "the time is not now")
        }),
      ["RecognizedPerson"]
    ),
    contractCase(
      "asks again at every call",
      Effect.gen(function*() {
        const biometrics = yield* Biometrics
        yield* biometrics.authenticate("open the notes")
        yield* biometrics.authenticate("open the notes again")
      }),
      ["RecognizedPerson"]
    )
  ]
}
