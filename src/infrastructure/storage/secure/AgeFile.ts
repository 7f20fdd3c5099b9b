/**
 * Files in the age format (https://age-encryption.org/v1), as the `age` program reads and writes them.
 */
import type * as Age from "age-encryption"
import { Effect, Redacted } from "effect"
import { InvalidExport } from "../../../domain/operations/Maintenance.ts"
import type { ExportFor, ExportKey } from "../../../domain/operations/Maintenance.ts"
import { WrongSecret } from "../../../domain/storage/SecretFailure.ts"
import * as AgePassphrase from "./AgePassphrase.ts"

/** Everything is held in memory, several times over. */
const maxLength = 64 * 1024 * 1024

const armorStart = "-----BEGIN AGE"

/** Loaded at the first use: few runs of a program export anything. */
const library = Effect.tryPromise({
  try: () => import("age-encryption"),
  catch: () => new InvalidExport({ problem: "the package age-encryption cannot be loaded" })
})

const invalid = (problem: string) => () => new InvalidExport({ problem })

const addRecipient = (
  { Stanza }: typeof Age,
  encrypter: Age.Encrypter,
  recipient: ExportFor,
  workFactor: number
) =>
  Effect.try({
    try: () =>
      encrypter.addRecipient(
        recipient._tag === "Passphrase"
          ? AgePassphrase.recipient(recipient.passphrase, workFactor, Stanza)
          : recipient.recipient.trim()
      ),
    catch: invalid("this is no age recipient (age1...)")
  })

export const encrypt = (
  plaintext: Uint8Array,
  recipient: ExportFor,
  workFactor: number = AgePassphrase.defaultWorkFactor
): Effect.Effect<Uint8Array, InvalidExport> =>
  Effect.gen(function*() {
    const age = yield* library
    const encrypter = new age.Encrypter()
    yield* addRecipient(age, encrypter, recipient, workFactor)
    return yield* Effect.tryPromise({
      try: () => encrypter.encrypt(plaintext),
      catch: invalid("it cannot be encrypted for this recipient")
    })
  })

/** The identities of a file that `age-keygen` wrote, comments left out. */
const addIdentities = (decrypter: Age.Decrypter, identity: Redacted.Redacted<string>) =>
  Effect.try({
    try: () => {
      const lines = Redacted.value(identity).split("\n").map((line) => line.trim())
      const identities = lines.filter((line) => line !== "" && !line.startsWith("#"))
      for (const each of identities) decrypter.addIdentity(each)
    },
    catch: invalid("this is no age identity (AGE-SECRET-KEY-1...)")
  })

const binary = ({ armor }: typeof Age, file: Uint8Array) => {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length)
  return text.subarray(0, armorStart.length).toString("latin1") === armorStart
    ? Effect.try({ try: () => armor.decode(text.toString("latin1")), catch: invalid("its ASCII armor is damaged") })
    : Effect.succeed(file)
}

/** With or without ASCII armor. `WrongSecret` when the file is for others. */
export const decrypt = (
  file: Uint8Array,
  key: ExportKey
): Effect.Effect<Uint8Array, InvalidExport | WrongSecret> =>
  Effect.gen(function*() {
    if (file.length > maxLength) return yield* new InvalidExport({ problem: "it is larger than any export" })
    const age = yield* library
    const decrypter = new age.Decrypter()
    if (key._tag === "Passphrase") decrypter.addIdentity(AgePassphrase.identity(key.passphrase))
    else yield* addIdentities(decrypter, key.identity)
    const ciphertext = yield* binary(age, file)
    // Identities are asked in order: this one only when the header is well-formed and no other opens it.
    let isForOthers = false
    decrypter.addIdentity({
      unwrapFileKey: () => {
        isForOthers = true
        return null
      }
    })
    return yield* Effect.tryPromise({
      try: () => decrypter.decrypt(ciphertext),
      catch: () =>
        isForOthers
          ? new WrongSecret({ slot: "export" })
          : new InvalidExport({ problem: "it is no age file, is damaged, or asks for too much work" })
    })
  })
