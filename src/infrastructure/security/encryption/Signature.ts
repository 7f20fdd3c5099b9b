/**
 * Signatures under a keyset: Tink's `PublicKeySign` and `PublicKeyVerify` over Ed25519 keys (RFC 8032).
 */
import { Redacted } from "effect"
import { sign as signRaw, verify as verifyRaw } from "node:crypto"
import type { KeyObject } from "node:crypto"
import * as Ed25519 from "./Ed25519.ts"
import type { SignatureKey, VerificationKey } from "./Key.ts"
import type { Keyset } from "./Keyset.ts"
import * as OutputPrefix from "./OutputPrefix.ts"
import * as Prepared from "./Prepared.ts"

const signers = Prepared.make<"Signature", KeyObject>(({ material }: SignatureKey) =>
  Ed25519.privateKey(Redacted.value(material))
)

const verifiers = Prepared.make<"Signature" | "Verification", KeyObject>(
  ({ publicKey }: SignatureKey | VerificationKey) => Ed25519.publicKey(publicKey)
)

/** The primary key's signature, behind its prefix. Throws `UnsupportedKey` when a newer version made the primary key. */
export const sign = (keyset: Keyset<"Signature">, data: Uint8Array): Uint8Array => {
  const { prefix, use } = signers(keyset).primary()
  return OutputPrefix.join(prefix, signRaw(null, data, use))
}

/** Whether `signature` is one of `data` by an enabled key. The public half of a keyset is enough. */
export const verify = (
  keyset: Keyset<"Signature"> | Keyset<"Verification">,
  data: Uint8Array,
  signature: Uint8Array
): boolean =>
  verifiers(keyset).candidates(signature).some(({ prefix, use }) => {
    const raw = signature.subarray(prefix.length)
    return raw.length === Ed25519.signatureLength && verifyRaw(null, data, use, raw)
  })

/** What others need to verify. A key that is not known here, and what is left of a destroyed one, is left out. */
export const publicKeyset = ({ keys, primary }: Keyset<"Signature">): Keyset<"Verification"> => ({
  primitive: "Verification",
  primary,
  keys: keys.flatMap((key) =>
    key.algorithm === "ED25519"
      ? [{ id: key.id, status: key.status, prefix: key.prefix, algorithm: "ED25519_PUBLIC", publicKey: key.publicKey }]
      : []
  )
})
