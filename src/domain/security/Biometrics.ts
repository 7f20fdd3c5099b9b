/**
 * Proof that the enrolled person is present. Presence is soft: it gates an action, it releases no key.
 */
import { Context, Schema } from "effect"
import type { Effect } from "effect"
import { BiometricUnavailable } from "./BiometricFailure.ts"
import type { BiometricFailure } from "./BiometricFailure.ts"

/** Whether asking is possible at all. */
export const BiometricAvailability = Schema.Union(
  Schema.TaggedStruct("Available", { method: Schema.Literal("fingerprint", "face", "credential") }),
  Schema.TaggedStruct("Unavailable", { reason: BiometricUnavailable.fields.reason })
)
export type BiometricAvailability = typeof BiometricAvailability.Type

/** A person was present at `at`. `assurance` is always "soft": whoever controls the process can forge it. */
export class Presence extends Schema.Class<Presence>("Presence")({
  method: Schema.Literal("fingerprint", "face", "credential"),
  assurance: Schema.Literal("soft"),
  at: Schema.DateTimeUtc
}) {}

export class Biometrics extends Context.Tag("effect-strata/domain/security/Biometrics")<
  Biometrics,
  {
    /** Never asks the person, never fails. */
    readonly availability: Effect.Effect<BiometricAvailability>

    /** Asks the person; `reason` is shown to them. Interruption closes the question. */
    readonly authenticate: (reason: string) => Effect.Effect<Presence, BiometricFailure>
  }
>() {}
