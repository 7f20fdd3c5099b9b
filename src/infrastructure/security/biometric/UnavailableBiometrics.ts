/**
 * `Biometrics` where nobody can be asked, and says so.
 */
import { Effect, Layer } from "effect"
import { BiometricUnavailable } from "../../../domain/security/BiometricFailure.ts"
import { Biometrics } from "../../../domain/security/Biometrics.ts"

/** `reason` is what the person reads in `doctor`. */
export const layer = (reason: BiometricUnavailable["reason"]): Layer.Layer<Biometrics> =>
  Layer.succeed(Biometrics, {
    availability: Effect.succeed({ _tag: "Unavailable" as const, reason }),
    authenticate: () => new BiometricUnavailable({ reason })
  })
