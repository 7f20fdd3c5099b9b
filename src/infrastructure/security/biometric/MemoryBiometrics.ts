/**
 * `Biometrics` with a scripted person.
 */
import { DateTime, Effect, Layer } from "effect"
import type { BiometricFailure } from "../../../domain/security/BiometricFailure.ts"
import { BiometricUnavailable } from "../../../domain/security/BiometricFailure.ts"
import type { BiometricAvailability } from "../../../domain/security/Biometrics.ts"
import { Biometrics, Presence } from "../../../domain/security/Biometrics.ts"

export interface Script {
  /** A fingerprint reader by default. */
  readonly availability?: BiometricAvailability

  /** What the person does when asked with `reason`: success is recognition. Recognized at once by default. */
  readonly answer?: (reason: string) => Effect.Effect<void, BiometricFailure>
}

export const make = (
  { answer = () => Effect.void, availability = { _tag: "Available", method: "fingerprint" } }: Script
) =>
  Biometrics.of({
    availability: Effect.succeed(availability),
    authenticate: (reason) =>
      Effect.gen(function*() {
        if (availability._tag === "Unavailable") return yield* new BiometricUnavailable({ reason: availability.reason })
        yield* answer(reason)
        return new Presence({ method: availability.method, assurance: "soft", at: yield* DateTime.now })
      })
  })

/** The script holds for the life of the layer; an `answer` may change its mind through a `Ref`. */
export const layer = (script: Script = {}): Layer.Layer<Biometrics> => Layer.sync(Biometrics, () => make(script))
