/**
 * `VaultKey` in one item of the operating system's keychain, the vault's generation with it.
 *
 * The item holds `version u8 | key (32) | generation u64`.
 */
import { Effect, Either, Match, Option, Redacted } from "effect"
import { KeyLost, Locked } from "../../../domain/storage/SecretFailure.ts"
import { Corrupt, Io, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import { Keychain } from "../../security/keychain/Keychain.ts"
import type { ItemRef, KeychainFailure, KeychainStatus, ValueTooLarge } from "../../security/keychain/Keychain.ts"
import * as Framing from "./Framing.ts"
import type { VaultKey, VaultKeyFailure, VaultKeyStatus } from "./VaultKey.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

export interface Options {
  /** One vault's own. Readable by others while the keychain is locked. */
  readonly item: ItemRef
  /** Make keys also in a keychain that forgets them at the latest when the machine restarts. */
  readonly volatile?: boolean
}

const version = 1
const store = "keychain item of the secret store"

interface Payload {
  readonly key: Redacted.Redacted<Uint8Array>
  readonly generation: bigint
}

const encode = ({ generation, key }: Payload): Redacted.Redacted<Uint8Array> =>
  Redacted.make(Buffer.concat([Framing.u8(version), Redacted.value(key), Framing.u64(generation)]))

const decode = (item: Redacted.Redacted<Uint8Array>): Either.Either<Payload, VaultKeyFailure> => {
  const bytes = Redacted.value(item)
  if ((bytes[0] ?? 0) > version) return Either.left(new NewerThanApp({ store, operation: "read" }))
  const payload = Framing.parse(bytes, (reader) => ({
    version: reader.u8(),
    key: Redacted.make(Uint8Array.from(reader.bytes(VaultKeyText.keyLength))),
    generation: reader.u64()
  }))
  return payload?.version === version ? Either.right(payload) : Either.left(new Corrupt({ store, operation: "read" }))
}

const locked = ({ fixes }: { readonly fixes: ReadonlyArray<string> }) =>
  new Locked({ fixes: fixes.length > 0 ? fixes : ["unlock the keychain"] })

/** What each failure of the keychain means for the vault. */
const failure = (operation: string) =>
  Match.type<KeychainFailure | ValueTooLarge>().pipe(
    Match.tag(
      "KeychainUnavailable",
      "KeychainLocked",
      "PromptDismissed",
      "PromptTimeout",
      "AccessDenied",
      "AmbiguousItem",
      (cause): VaultKeyFailure => locked(cause)
    ),
    Match.tag("ItemCorrupt", (cause) => new Corrupt({ store, operation, cause })),
    Match.tag("KeychainBackendError", "ValueTooLarge", (cause) => new Io({ store, operation, cause })),
    Match.exhaustive
  )

const statusOf = (status: KeychainStatus): VaultKeyStatus => {
  switch (status._tag) {
    case "Available":
      return {
        detail: `${status.backend}, ${status.persistence}`,
        usable: true,
        durable: status.persistence === "durable"
      }
    case "Locked":
      return { detail: `${status.backend}, locked`, usable: false, durable: true }
    case "Unavailable":
      return { detail: `not available (${status.reason})`, usable: false, durable: false }
  }
}

export const make = ({ item, volatile = false }: Options): Effect.Effect<VaultKey, never, Keychain> =>
  Effect.map(Keychain, (keychain) => {
    const found = keychain.get(item).pipe(
      Effect.mapError(failure("read")),
      Effect.flatMap(
        Option.match({ onNone: () => Effect.succeedNone, onSome: (value) => Effect.asSome(decode(value)) })
      )
    )

    const write = (payload: Payload) => Effect.mapError(keychain.set(item, encode(payload)), failure("write"))

    const load = Effect.flatMap(
      found,
      Option.match({ onNone: () => new KeyLost(), onSome: ({ key }) => Effect.succeed(key) })
    )

    const create = Effect.gen(function*() {
      const status = yield* keychain.status
      if (!volatile && status._tag === "Available" && status.persistence !== "durable") {
        return yield* locked({
          fixes: [
            `use a keychain that survives a restart: "${status.backend}" would lose the key`,
            "choose another way to unlock the secret store"
          ]
        })
      }
      yield* write({ key: VaultKeyText.generate(), generation: 0n })
      // What the keychain says it keeps, not what it was given: from then on everything depends on it.
      return yield* load
    })

    return {
      slot: "keychain",
      isThere: Effect.map(keychain.status, ({ _tag }) => _tag !== "Unavailable"),
      load,
      loadForNewVault: Effect.flatMap(
        found,
        Option.match({ onNone: () => create, onSome: ({ key }) => Effect.succeed(key) })
      ),
      generation: {
        read: Effect.map(
          found,
          (payload) =>
            payload.pipe(Option.map(({ generation }) => generation), Option.filter((generation) => generation > 0n))
        ),
        raise: (generation) =>
          Effect.flatMap(
            found,
            Option.match({
              onNone: () => new KeyLost(),
              onSome: (kept) => kept.generation < generation ? write({ ...kept, generation }) : Effect.void
            })
          )
      },
      status: Effect.map(keychain.status, statusOf)
    }
  })
