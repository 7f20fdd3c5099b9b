/**
 * Streams that the Go implementation of Tink sealed, with its keysets.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { insecureSecretAccess } from "../../../../src/infrastructure/security/encryption/InsecureSecretAccess.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetBinary from "../../../../src/infrastructure/security/encryption/KeysetBinary.ts"
import { readVectors } from "../../../support/vectors.ts"
import { flipped, open, seal } from "./streams.ts"

interface Vector {
  readonly Name: string
  readonly Primitive: string
  readonly KeysetHex: string
  readonly PlaintextHex: string
  readonly AadHex: string
  readonly OutputHex: string
}

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"))

describe("Tink's streams", () => {
  it(
    "18 open, and 9 are of AES-CTR-HMAC, which is not shipped",
    ({ skip }) => {
      const vectors = readVectors<ReadonlyArray<Vector>>("tink-vectors.json.gz", skip)
      const streams = vectors.filter(({ Primitive }) => Primitive === "streamingaead")
      const outcomes: Record<string, number> = {}
      for (const vector of streams) {
        const decoded = KeysetBinary.decode(hex(vector.KeysetHex), insecureSecretAccess)
        if (Either.isLeft(decoded)) {
          const reason = `${decoded.left._tag} ${vector.Name.split("/")[0]}`
          outcomes[reason] = (outcomes[reason] ?? 0) + 1
          continue
        }
        const keyset = Either.getOrThrow(Keyset.ofPrimitive(decoded.right, "StreamingAead"))
        const [plaintext, output, aad] = [hex(vector.PlaintextHex), hex(vector.OutputHex), hex(vector.AadHex)]
        assert.deepStrictEqual(Effect.runSync(open(keyset, output, aad)), plaintext, vector.Name)
        assert.lengthOf(Effect.runSync(seal(keyset, plaintext, aad)), output.length, vector.Name)
        Effect.runSync(Effect.flip(open(keyset, flipped(output, output.length - 1), aad)))
        outcomes["opened"] = (outcomes["opened"] ?? 0) + 1
      }
      assert.lengthOf(streams, 27)
      assert.deepStrictEqual(outcomes, { opened: 18, "UnsupportedKey AES256_CTR_HMAC_SHA256_4KB": 9 })
    }
  )
})
