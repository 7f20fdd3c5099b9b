/**
 * What the Go implementation of Tink made, with its keysets. Streams have tests of their own.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either, Option } from "effect"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import * as DeterministicAead from "../../../../src/infrastructure/security/encryption/DeterministicAead.ts"
import { insecureSecretAccess } from "../../../../src/infrastructure/security/encryption/InsecureSecretAccess.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetBinary from "../../../../src/infrastructure/security/encryption/KeysetBinary.ts"
import * as KeysetJson from "../../../../src/infrastructure/security/encryption/KeysetJson.ts"
import * as Mac from "../../../../src/infrastructure/security/encryption/Mac.ts"
import * as Signature from "../../../../src/infrastructure/security/encryption/Signature.ts"
import { readVectors } from "../../../support/vectors.ts"

interface Vector {
  readonly Name: string
  readonly Primitive: string
  readonly KeysetHex: string
  readonly KeysetJSON: string
  readonly PublicKeysetHex: string
  readonly PlaintextHex: string
  readonly AadHex: string
  readonly OutputHex: string
}

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

const narrow = <P extends Keyset.Primitive>(keyset: Keyset.Keyset, primitive: P) =>
  Either.getOrThrow(Keyset.ofPrimitive(keyset, primitive))

/** Whether the output is what the keyset makes of the plaintext. */
const check = (vector: Vector, keyset: Keyset.Keyset): boolean => {
  const [plaintext, output, aad] = [hex(vector.PlaintextHex), hex(vector.OutputHex), hex(vector.AadHex)]
  const matches = (opened: Either.Either<Uint8Array, unknown>) =>
    Option.exists(Option.getRight(opened), (bytes) => toHex(bytes) === vector.PlaintextHex)
  switch (keyset.primitive) {
    case "Aead":
      return matches(Aead.open(narrow(keyset, "Aead"), output, aad))
    case "DeterministicAead": {
      const keys = narrow(keyset, "DeterministicAead")
      return matches(DeterministicAead.open(keys, output, aad))
        && toHex(DeterministicAead.seal(keys, plaintext, aad)) === vector.OutputHex
    }
    case "Mac": {
      const keys = narrow(keyset, "Mac")
      return Mac.verify(keys, plaintext, output) && toHex(Mac.compute(keys, plaintext)) === vector.OutputHex
    }
    case "Signature": {
      const keys = narrow(keyset, "Signature")
      const theirs = Either.getOrThrow(KeysetBinary.decodePublic(hex(vector.PublicKeysetHex)))
      assert.strictEqual(toHex(KeysetBinary.encodePublic(Signature.publicKeyset(keys))), vector.PublicKeysetHex)
      // Ed25519 is deterministic.
      return Signature.verify(theirs, plaintext, output) && toHex(Signature.sign(keys, plaintext)) === vector.OutputHex
    }
    default:
      return assert.fail(keyset.primitive)
  }
}

describe("Tink vectors", () => {
  it(
    "8 outputs are accepted, 1 is refused, 7 are of algorithms not shipped, 27 are streams",
    ({ skip }) => {
      const vectors = readVectors<ReadonlyArray<Vector>>("tink-vectors.json.gz", skip)
      const outcomes: Record<string, Array<string>> = {}
      for (const vector of vectors) {
        const decoded = KeysetBinary.decode(hex(vector.KeysetHex), insecureSecretAccess)
        const outcome = vector.Primitive === "streamingaead"
          ? "stream"
          : Either.match(decoded, {
            onLeft: ({ _tag }) => _tag,
            onRight: (keyset) => check(vector, keyset) ? "accepted" : "refused"
          })
        outcomes[outcome] = [...(outcomes[outcome] ?? []), vector.Name]
      }
      assert.strictEqual(outcomes["stream"]?.length, 27)
      delete outcomes["stream"]
      assert.deepStrictEqual(outcomes, {
        accepted: [
          "AES256_GCM",
          "AES256_GCM_NO_PREFIX",
          "ROTATED_OLD_KEY",
          "AES256_SIV",
          "HMAC_SHA256_128BITTAG",
          "HMAC_SHA256_256BITTAG",
          "ED25519",
          "ED25519_RAW"
        ],
        refused: ["ROTATED_OLD_KEY_DISABLED_MUST_FAIL"],
        UnsupportedKey: [
          "AES128_GCM",
          "CHACHA20_POLY1305",
          "XCHACHA20_POLY1305",
          "AES256_CTR_HMAC_SHA256",
          "HMAC_SHA512_512BITTAG",
          "AES_CMAC",
          "ECDSA_P256"
        ]
      })
    }
  )

  it(
    "every keyset with a key known here comes out of both forms byte for byte, the 18 of streams included",
    ({ skip }) => {
      const vectors = readVectors<ReadonlyArray<Vector>>("tink-vectors.json.gz", skip)
      let count = 0
      for (const { KeysetHex, KeysetJSON, Name } of vectors) {
        const binary = KeysetBinary.decode(hex(KeysetHex), insecureSecretAccess)
        const json = KeysetJson.decode(KeysetJSON, insecureSecretAccess)
        assert.strictEqual(binary._tag, json._tag, Name)
        if (Either.isLeft(binary) || Either.isLeft(json)) continue
        assert.strictEqual(toHex(KeysetBinary.encode(binary.right, insecureSecretAccess)), KeysetHex, Name)
        assert.strictEqual(toHex(KeysetBinary.encode(json.right, insecureSecretAccess)), KeysetHex, Name)
        count += 1
      }
      assert.strictEqual(count, 9 + 18)
    }
  )
})
