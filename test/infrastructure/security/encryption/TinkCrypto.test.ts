/**
 * The JavaScript implementation of Tink reads what we write, and we read what it writes. It runs in a thread of its own,
 * because it wants a global `self`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { once } from "node:events"
import { createRequire } from "node:module"
import { Worker } from "node:worker_threads"
import * as Aead from "../../../../src/infrastructure/security/encryption/Aead.ts"
import { insecureSecretAccess } from "../../../../src/infrastructure/security/encryption/InsecureSecretAccess.ts"
import * as Keyset from "../../../../src/infrastructure/security/encryption/Keyset.ts"
import * as KeysetBinary from "../../../../src/infrastructure/security/encryption/KeysetBinary.ts"

/** Opens `sealed` under `keyset`, makes a keyset of its own, seals what it opened under both. */
const peer = `
  globalThis.self = globalThis
  const { parentPort, workerData: { aad, keyset, path, sealed } } = require("node:worker_threads")
  const tink = require(path)
  tink.aead.register()
  const run = async () => {
    const ours = await tink.binaryInsecure.deserializeKeyset(keyset).getPrimitive(tink.aead.Aead)
    const opened = await ours.decrypt(sealed, aad)
    const handle = await tink.generateNewKeysetHandle(tink.aead.aes256GcmKeyTemplate())
    const theirs = await handle.getPrimitive(tink.aead.Aead)
    parentPort.postMessage({
      opened,
      sealedByOurs: await ours.encrypt(opened, aad),
      theirKeyset: tink.binaryInsecure.serializeKeyset(handle),
      sealedByTheirs: await theirs.encrypt(opened, aad),
      refused: await ours.decrypt(sealed, new Uint8Array(1)).then(() => false, () => true)
    })
  }
  void run()
`

type Answer = Record<"opened" | "sealedByOurs" | "theirKeyset" | "sealedByTheirs", Uint8Array> & {
  readonly refused: boolean
}

const path = createRequire(import.meta.url).resolve("tink-crypto")

const ask = async (keyset: Keyset.Keyset, sealed: Uint8Array, aad: Uint8Array): Promise<Answer> => {
  const encoded = KeysetBinary.encode(keyset, insecureSecretAccess)
  const workerData = { path, keyset: encoded, sealed: new Uint8Array(sealed), aad }
  const worker = new Worker(peer, { eval: true, workerData })
  const [answer] = await once(worker, "message")
  return answer as Answer
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const row = utf8("row 1")

const opened = (keyset: Keyset.Keyset<"Aead">, sealed: Uint8Array) =>
  Buffer.from(Either.getOrThrow(Aead.open(keyset, sealed, row))).toString()

describe("tink-crypto", () => {
  it("shares keysets and ciphertexts with us, those of older keys included", async () => {
    const first = Keyset.generate("AES_256_GCM")
    const sealed = Aead.seal(first, utf8("attack at dawn"), row)
    const keyset = Keyset.rotate(first, "AES_256_GCM")
    const answer = await ask(keyset, sealed, row)
    assert.strictEqual(Buffer.from(answer.opened).toString(), "attack at dawn")
    assert.isTrue(answer.refused)
    assert.strictEqual(opened(keyset, answer.sealedByOurs), "attack at dawn")
    const theirs = Either.getOrThrow(KeysetBinary.decode(answer.theirKeyset, insecureSecretAccess))
    assert.deepStrictEqual(KeysetBinary.encode(theirs, insecureSecretAccess), answer.theirKeyset)
    assert.strictEqual(
      opened(Either.getOrThrow(Keyset.ofPrimitive(theirs, "Aead")), answer.sealedByTheirs),
      "attack at dawn"
    )
  })
})
