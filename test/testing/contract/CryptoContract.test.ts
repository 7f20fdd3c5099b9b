import { Effect, Layer, Redacted, Stream } from "effect"
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

bites(
  contract,
  "ignores the associated data of streams",
  broken(({ openStream, sealStream }) => ({
    sealStream: (purpose, plaintext) => sealStream(purpose, plaintext, none),
    openStream: (purpose, ciphertext) => openStream(purpose, ciphertext, none)
  }))
)

bites(
  contract,
  "takes the end of a stream's source for the end of the stream",
  broken(({ openStream }) => ({
    openStream: (purpose, ciphertext, aad) =>
      Stream.catchAll(
        openStream(purpose, ciphertext, aad),
        (failure) => failure instanceof DecryptionFailed ? Stream.empty : Stream.fail(failure)
      )
  }))
)

bites(
  contract,
  "does not encrypt streams",
  broken(() => ({
    sealStream: (_, plaintext) => plaintext,
    openStream: (_, ciphertext) => ciphertext
  }))
)

bites(
  contract,
  "hides the failure of a stream's source",
  broken(({ openStream }) => ({
    openStream: (purpose, ciphertext, aad) => openStream(purpose, Stream.catchAll(ciphertext, () => Stream.empty), aad)
  }))
)

bites(contract, "verifies every tag", broken(() => ({ verifyMac: () => Effect.succeed(true) })))

bites(
  contract,
  "compares as much of a tag as it is given",
  broken(({ mac }) => ({
    verifyMac: (purpose, data, tag) =>
      Effect.map(mac(purpose, data), (expected) => tag.every((byte, index) => byte === expected[index]))
  }))
)

bites(
  contract,
  "has one MAC key for all purposes",
  broken(({ mac, verifyMac }) => ({
    mac: (_, data) => mac("all", data),
    verifyMac: (_, data, tag) => verifyMac("all", data, tag)
  }))
)

bites(contract, "verifies every signature", broken(() => ({ verify: () => Effect.succeed(true) })))

bites(
  contract,
  "signs without looking at the data",
  broken(({ sign, verify }) => ({
    sign: (purpose) => sign(purpose, none),
    verify: (purpose, _, signature) => verify(purpose, none, signature)
  }))
)
