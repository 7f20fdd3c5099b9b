/**
 * The passphrase recipient of age (https://age-encryption.org/v1, "scrypt"), in Node's thread pool: the library's own
 * holds up the program for seconds.
 */
import type { Identity, Recipient, Stanza } from "age-encryption"
import { Redacted } from "effect"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import * as Scrypt from "../../security/encryption/Scrypt.ts"

const cipher = "chacha20-poly1305"
const tagLength = 16
const saltLength = 16
const fileKeyLength = 16

/** log2 of N; what `age` uses. 256 MiB, and a second or two. */
export const defaultWorkFactor = 18

/** What a file may ask of us. */
const maxWorkFactor = 18

/** Each file key has a wrapping key of its own (a fresh salt), so the nonce is constant. */
const nonce = Buffer.alloc(12)

const wrappingKey = (passphrase: Redacted.Redacted<string>, salt: Uint8Array, workFactor: number) =>
  Scrypt.derive(
    Redacted.value(passphrase),
    Buffer.concat([Buffer.from("age-encryption.org/v1/scrypt"), salt]),
    32,
    { ln: workFactor, r: 8, p: 1 }
  )

export const recipient = (
  passphrase: Redacted.Redacted<string>,
  workFactor: number,
  stanza: typeof Stanza
): Recipient => ({
  wrapFileKey: async (fileKey) => {
    const salt = randomBytes(saltLength)
    const sealing = createCipheriv(cipher, await wrappingKey(passphrase, salt, workFactor), nonce, {
      authTagLength: tagLength
    })
    const body = Buffer.concat([sealing.update(fileKey), sealing.final(), sealing.getAuthTag()])
    return [new stanza(["scrypt", salt.toString("base64").replaceAll("=", ""), `${workFactor}`], body)]
  }
})

interface ScryptStanza {
  readonly salt: Buffer
  readonly workFactor: number
  readonly body: Uint8Array
}

/** The cost is looked at before any work is done. Throws for what no age file holds. */
const parse = ({ args: [, salt = "", workFactor = "", ...more], body }: Stanza): ScryptStanza => {
  const bytes = Buffer.from(salt, "base64")
  const canonical = bytes.toString("base64").replaceAll("=", "") === salt
  if (more.length > 0 || !canonical || bytes.length !== saltLength || !/^[1-9]\d?$/.test(workFactor)) {
    throw new TypeError("invalid scrypt stanza")
  }
  if (body.length !== fileKeyLength + tagLength) throw new TypeError("invalid scrypt stanza")
  if (Number(workFactor) > maxWorkFactor) throw new RangeError("the scrypt work factor is too high")
  return { salt: bytes, workFactor: Number(workFactor), body }
}

const unwrap = async (passphrase: Redacted.Redacted<string>, { body, salt, workFactor }: ScryptStanza) => {
  const opening = createDecipheriv(cipher, await wrappingKey(passphrase, salt, workFactor), nonce, {
    authTagLength: tagLength
  })
  opening.setAuthTag(body.subarray(fileKeyLength))
  const fileKey = opening.update(body.subarray(0, fileKeyLength))
  try {
    opening.final()
    return new Uint8Array(fileKey)
  } catch {
    return null
  }
}

export const identity = (passphrase: Redacted.Redacted<string>): Identity => ({
  unwrapFileKey: async (stanzas) => {
    const first = stanzas.find(({ args }) => args[0] === "scrypt")
    if (first === undefined) return null
    // As the specification asks: whoever knows the passphrase wrote the whole file.
    if (stanzas.length > 1) throw new TypeError("a passphrase is not the only recipient")
    return unwrap(passphrase, parse(first))
  }
})
