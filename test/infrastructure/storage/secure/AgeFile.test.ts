import { assert, describe, it } from "@effect/vitest"
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption"
import { Effect, Redacted } from "effect"
import * as AgeFile from "../../../../src/infrastructure/storage/secure/AgeFile.ts"

const plaintext = new TextEncoder().encode("canary")

const passphrase = (text: string) => ({ _tag: "Passphrase", passphrase: Redacted.make(text) }) as const
const identity = (text: string) => ({ _tag: "Identity", identity: Redacted.make(text) }) as const

const tagOf = (...args: Parameters<typeof AgeFile.decrypt>) =>
  Effect.map(Effect.flip(AgeFile.decrypt(...args)), ({ _tag }) => _tag)

const keyPair = Effect.promise(async () => {
  const secret = await generateX25519Identity()
  return { secret, recipient: await identityToRecipient(secret) }
})

/** By the library itself, whose scrypt is another implementation. */
const encryptedBy = (setUp: (encrypter: Encrypter) => void) =>
  Effect.promise(() => {
    const encrypter = new Encrypter()
    setUp(encrypter)
    return encrypter.encrypt(plaintext)
  })

const byPassphrase = encryptedBy((encrypter) => {
  encrypter.setScryptWorkFactor(4)
  encrypter.setPassphrase("secret")
})

describe("AgeFile", () => {
  it.effect("writes what the library opens with the passphrase, and opens what it writes", () =>
    Effect.gen(function*() {
      const file = yield* AgeFile.encrypt(plaintext, passphrase("secret"), 4)
      const opened = yield* Effect.promise(() => {
        const decrypter = new Decrypter()
        decrypter.addPassphrase("secret")
        return decrypter.decrypt(file)
      })
      assert.deepStrictEqual(opened, plaintext)
      assert.deepStrictEqual(yield* AgeFile.decrypt(yield* byPassphrase, passphrase("secret")), plaintext)
    }))

  it.effect("writes for a recipient, and opens with the file that age-keygen made", () =>
    Effect.gen(function*() {
      const { recipient, secret } = yield* keyPair
      const file = yield* AgeFile.encrypt(plaintext, { _tag: "Recipient", recipient: ` ${recipient}\n` })
      const keyFile = `# created: 2026-01-01T00:00:00Z\n# public key: ${recipient}\n${secret}\n`
      assert.deepStrictEqual(yield* AgeFile.decrypt(file, identity(keyFile)), plaintext)
    }))

  it.effect("opens ASCII armor", () =>
    Effect.gen(function*() {
      const armored = new TextEncoder().encode(armor.encode(yield* byPassphrase))
      assert.deepStrictEqual(yield* AgeFile.decrypt(armored, passphrase("secret")), plaintext)
      const cut = yield* Effect.flip(AgeFile.decrypt(armored.subarray(0, 80), passphrase("secret")))
      assert.strictEqual(cut._tag, "InvalidExport")
    }))

  it.effect("tells a wrong key from a file that is none", () =>
    Effect.gen(function*() {
      const file = yield* byPassphrase
      const { secret } = yield* keyPair
      assert.strictEqual(yield* tagOf(file, passphrase("other")), "WrongSecret")
      assert.strictEqual(yield* tagOf(file, identity(secret)), "WrongSecret")
      assert.strictEqual(yield* tagOf(file, identity("AGE-SECRET-KEY-1NONE")), "InvalidExport")
      assert.strictEqual(yield* tagOf(file, identity("hunter2")), "InvalidExport")
      assert.strictEqual(yield* tagOf(new Uint8Array(0), passphrase("secret")), "InvalidExport")
    }))

  it.effect("every flipped bit of a file fails", () =>
    Effect.gen(function*() {
      const file = yield* byPassphrase
      for (let at = 0; at < file.length; at += 3) {
        const flipped = Uint8Array.from(file)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
        const result = yield* Effect.flip(AgeFile.decrypt(flipped, passphrase("secret")))
        assert.include(["InvalidExport", "WrongSecret"], result._tag, `byte ${at}`)
      }
    }))

  for (const workFactor of ["19", "20", "30", "99", "018", "-1", "1e1"]) {
    it.effect(`refuses a work factor of ${workFactor} before any work`, () =>
      Effect.gen(function*() {
        const text = Buffer.from(yield* byPassphrase).toString("latin1")
        const asking = text.replace(/(-> scrypt \S+) 4/, `$1 ${workFactor}`)
        const failure = yield* Effect.flip(AgeFile.decrypt(Buffer.from(asking, "latin1"), passphrase("secret")))
        assert.strictEqual(failure._tag, "InvalidExport")
      }))
  }

  it.effect("no failure holds what the person gave", () =>
    Effect.gen(function*() {
      const failures = [
        yield* Effect.flip(AgeFile.decrypt(yield* byPassphrase, passphrase("hunter2"))),
        yield* Effect.flip(AgeFile.decrypt(yield* byPassphrase, identity("AGE-SECRET-KEY-1hunter2"))),
        yield* Effect.flip(AgeFile.encrypt(plaintext, { _tag: "Recipient", recipient: "hunter2" }))
      ]
      for (const failure of failures) assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, "hunter2")
    }))
})
