/**
 * What `doctor` looks at here. Looking changes nothing and tells no name and no value.
 */
import { Effect } from "effect"
import { Check } from "../../../domain/operations/Check.ts"
import { Maintenance } from "../../../domain/operations/Maintenance.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../../domain/storage/SecureStore.ts"

const damaged = "put back its previous generation (\"strata secrets restore\"), or a backup; it was left as it is"

const fixes: Readonly<Record<string, string>> = {
  WrongSecret: "put back the key that the secret store was created with",
  KeyLost: "unlock it by another of its slots: a recovery code, a passphrase",
  Corrupt: damaged,
  Tampered: damaged,
  RolledBack: "put the newest copy of the file back, or go on with this one (\"strata secrets accept-rollback\")",
  NewerThanApp: "update the application",
  Unrecognized: "look whether the path is right; it was left as it is",
  Full: "free some space",
  Busy: "try again",
  Io: "look at the file's permissions and the disk"
}

const fixOf = (failure: SecretFailure): { readonly fix?: string } => {
  const fix = failure._tag === "Locked" ? failure.fixes.join("; or ") : fixes[failure._tag]
  return fix === undefined || fix === "" ? {} : { fix }
}

/** The secret store can be unlocked and everything in it read. */
export const opens: Effect.Effect<Check, never, SecureStore> = Effect.gen(function*() {
  const { length } = yield* (yield* SecureStore).list
  return new Check({ name: "secret store", status: "ok", detail: `opens, ${length} entries` })
}).pipe(
  Effect.catchAll((failure) =>
    Effect.succeed(
      new Check({
        name: "secret store",
        status: "failed",
        detail: failure._tag === "Locked" ? "is locked" : failure.message,
        ...fixOf(failure)
      })
    )
  )
)

/** There is more than one way in, and nothing about them needs a person. Asks nobody. */
export const slots: Effect.Effect<Check, never, Maintenance> = Effect.gen(function*() {
  const status = yield* (yield* Maintenance).status
  const sources = status.keySources.map(({ detail }) => detail).join(", ") || "no key source"
  const ways = status.slots.map(({ stale, type }) => stale ? `${type}, stale` : type).join("; ") || "none yet"
  const [first] = status.advice
  return new Check({
    name: "unlock slots",
    status: first === undefined ? "ok" : "warning",
    detail: `${ways}; key from ${sources}`,
    ...(first === undefined ? {} : { fix: first })
  })
}).pipe(
  Effect.catchAll((failure) =>
    Effect.succeed(
      new Check({ name: "unlock slots", status: "failed", detail: failure.message, ...fixOf(failure) })
    )
  )
)
