import { DateTime, Effect, Layer } from "effect"
import { BiometricCancelled, BiometricUnavailable } from "../../../src/domain/security/BiometricFailure.ts"
import { Biometrics, Presence } from "../../../src/domain/security/Biometrics.ts"
import * as MemoryBiometrics from "../../../src/infrastructure/security/biometric/MemoryBiometrics.ts"
import { contract } from "../../../src/testing/contract/BiometricsContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Biometrics.Service

const broken = (change: (biometrics: Service) => Partial<Service>) =>
  Layer.sync(Biometrics, () => {
    const biometrics = MemoryBiometrics.make({})
    return { ...biometrics, ...change(biometrics) }
  })

bites(
  contract,
  "announces another method than it uses",
  broken(() => ({
    availability: Effect.succeed({ _tag: "Available" as const, method: "face" as const })
  }))
)

bites(
  contract,
  "reports an old presence",
  broken(() => ({
    authenticate: () =>
      Effect.succeed(new Presence({ method: "fingerprint", assurance: "soft", at: DateTime.unsafeMake(-1000) }))
  }))
)

bites(
  contract,
  "claims to be available and never is",
  broken(() => ({
    authenticate: () => new BiometricUnavailable({ reason: "NoHardware" })
  }))
)

bites(
  contract,
  "claims to be unavailable and recognizes people",
  broken(() => ({
    availability: Effect.succeed({ _tag: "Unavailable" as const, reason: "NoHardware" as const })
  }))
)

bites(
  contract,
  "answers once only",
  broken(({ authenticate }) => {
    let asked = false
    return {
      authenticate: (reason) =>
        Effect.suspend(() => {
          const again = asked
          asked = true
          return again ? new BiometricCancelled() : authenticate(reason)
        })
    }
  })
)
