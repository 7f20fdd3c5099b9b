import { Effect, Layer, Redacted } from "effect"
import { Crypto } from "../../../src/domain/security/Crypto.ts"
import { DecryptionFailed } from "../../../src/domain/security/CryptoFailure.ts"
import * as KeysetCrypto from "../../../src/infrastructure/security/encryption/KeysetCrypto.ts"
import * as MemoryKeysetStore from "../../../src/infrastructure/security/encryption/MemoryKeysetStore.ts"
import { contract } from "../../../src/testing/contract/CryptoContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Crypto.Service

const broken = (change: (crypto: Service) => Partial<Service>) =>
  Layer.effect(Crypto, Effect.map(KeysetCrypto.make, (crypto) => ({ ...crypto, ...change(crypto) }))).pipe(
    Layer.provide(MemoryKeysetStore.layer)
  )

const none = new Uint8Array(0)

bites(
  contract,
  "ignores associated data",
  broken(({ open, seal }) => ({
    seal: (purpose, plaintext) => seal(purpose, plaintext, none),
    open: (purpose, ciphertext) => open(purpose, ciphertext, none)
  }))
)

bites(
  contract,
  "has one key for all purposes",
  broken(({ open, seal }) => ({
    seal: (_, plaintext, aad) => seal("all", plaintext, aad),
    open: (_, ciphertext, aad) => open("all", ciphertext, aad)
  }))
)

bites(
  contract,
  "does not encrypt",
  broken(() => ({
    seal: (_, plaintext) => Effect.succeed(plaintext),
    open: (_, ciphertext) => Effect.succeed(ciphertext)
  }))
)

bites(
  contract,
  "gives an empty plaintext instead of failing",
  broken(({ open }) => ({
    open: (purpose, ciphertext, aad) => Effect.orElseSucceed(open(purpose, ciphertext, aad), () => none)
  }))
)

bites(
  contract,
  "does not look at the last byte",
  broken(({ open, seal }) => ({
    seal: (purpose, plaintext, aad) => Effect.map(seal(purpose, plaintext, aad), (box) => Uint8Array.of(...box, 0)),
    open: (purpose, ciphertext, aad) => open(purpose, ciphertext.subarray(0, -1), aad)
  }))
)

bites(
  contract,
  "takes an empty ciphertext for a bug",
  broken(({ open }) => ({
    open: (purpose, ciphertext, aad) =>
      ciphertext.length === 0 ? Effect.dieMessage("empty") : open(purpose, ciphertext, aad)
  }))
)

bites(
  contract,
  "derives without looking at info",
  broken(({ derive }) => ({
    derive: (purpose, _, length) => derive(purpose, none, length)
  }))
)

bites(
  contract,
  "derives another key at every call",
  broken(({ random }) => ({
    derive: (_purpose, _info, length) => Effect.map(random(length), Redacted.make)
  }))
)

bites(
  contract,
  "has a generator that repeats itself",
  broken(() => ({
    random: (length) => Effect.succeed(new Uint8Array(length))
  }))
)

bites(contract, "opens nothing", broken(() => ({ open: () => new DecryptionFailed() })))
