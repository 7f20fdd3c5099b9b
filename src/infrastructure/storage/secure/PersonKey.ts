/**
 * Slots whose key only a person has: a passphrase in the head, a recovery code on paper.
 */
import { Effect, Either, Option } from "effect"
import type { Redacted } from "effect"
import { Locked, Tampered, WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as PassphraseKey from "./PassphraseKey.ts"
import * as RecoveryCode from "./RecoveryCode.ts"
import type { NewSlot } from "./Vault.ts"
import * as VaultFile from "./VaultFile.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

export type Type = "passphrase" | "recovery-code"

type Key = Redacted.Redacted<Uint8Array>

/** The part of what a file may ask of us that its passphrase slots take. */
export const share = (slots: ReadonlyArray<VaultFile.Slot>): number =>
  slots
    .filter((slot) => slot.type === "passphrase" && !VaultFile.isStale(slot))
    .map(({ params }) => PassphraseKey.decode(params))
    .reduce((sum, params) => sum + (Either.isRight(params) ? PassphraseKey.share(params.right.cost) : 0), 0)

/** One passphrase is stretched for each slot in turn; all of them together within the bounds of one. */
const passphraseKeys = (passphrase: Redacted.Redacted<string>) => {
  let spent = 0
  return (slot: VaultFile.Slot): Effect.Effect<Key, Tampered | WrongSecret | Locked> =>
    Effect.gen(function*() {
      const params = yield* PassphraseKey.decode(slot.params)
      spent += PassphraseKey.share(params.cost)
      if (spent > 1) return yield* new Locked({ fixes: ["remove a passphrase: there are more than can be tried"] })
      return yield* PassphraseKey.derive(passphrase, params)
    })
}

/**
 * Opens by the first slot that `secret` opens: `unlock` is told how to make a slot's key. A slot whose parameters are
 * damaged does not keep others from being tried, and is told only when none opens.
 */
export const unlock = (
  type: Type,
  secret: Redacted.Redacted<string>,
  unlockWith: (keyOf: (slot: VaultFile.Slot) => Effect.Effect<Key, SecretFailure>) => Effect.Effect<void, SecretFailure>
): Effect.Effect<void, SecretFailure> =>
  Effect.suspend(() => {
    const wrong = new WrongSecret({ slot: type })
    if (type === "recovery-code") {
      const key = RecoveryCode.parse(secret)
      return Option.isNone(key) ? wrong : unlockWith(() => Effect.succeed(key.value))
    }
    let isDamaged = false
    const keyOf = passphraseKeys(secret)
    const careful = (slot: VaultFile.Slot) =>
      Effect.catchTag(keyOf(slot), "Tampered", () => {
        isDamaged = true
        return Effect.fail(wrong)
      })
    return Effect.catchTag(
      unlockWith(careful),
      "WrongSecret",
      (failure): Effect.Effect<never, SecretFailure> => isDamaged ? new Tampered({ what: "unlock slot" }) : failure
    )
  })

/** A new slot for a passphrase, with a salt of its own. */
export const passphraseSlot = (
  passphrase: Redacted.Redacted<string>,
  cost: PassphraseKey.Cost
): Effect.Effect<NewSlot, Locked> =>
  Effect.suspend(() => {
    const params = PassphraseKey.generate(cost)
    return Effect.map(
      PassphraseKey.derive(passphrase, params),
      (key) => ({ type: "passphrase", params: PassphraseKey.encode(params), key })
    )
  })

/** A new slot for a code that is made here and exists nowhere else. */
export const recoverySlot = (): { readonly slot: NewSlot; readonly code: Redacted.Redacted<string> } => {
  const key = VaultKeyText.generate()
  return { slot: { type: "recovery-code", key }, code: RecoveryCode.format(key) }
}
