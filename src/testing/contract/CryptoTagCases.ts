/**
 * The part of `Crypto`'s contract that is about MACs and signatures.
 */
import { Effect } from "effect"
import { Crypto } from "../../domain/security/Crypto.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { flipped, none, row, secret } from "./CryptoCase.ts"

export const cases: Contract<Crypto>["cases"] = [
  contractCase(
    "verifies the tags it makes, of their own data and purpose, and no others",
    Effect.gen(function*() {
      const crypto = yield* Crypto
      yield* ensure(!(yield* crypto.verifyMac("cache", secret, row)), "a tag is valid under a purpose never used")
      for (const data of [none, secret, new Uint8Array(100_000)]) {
        const tag = yield* crypto.mac("cache", data)
        yield* ensure(tag.length >= 16, `a tag has ${tag.length} bytes`)
        yield* ensure(yield* crypto.verifyMac("cache", data, tag), "a tag is not valid")
        yield* ensure(!(yield* crypto.verifyMac("cache", Uint8Array.of(...data, 0), tag)), "the data does not matter")
      }
      const tag = yield* crypto.mac("cache", secret)
      yield* crypto.mac("users", secret)
      yield* ensure(!(yield* crypto.verifyMac("users", secret, tag)), "the purpose does not matter")
      for (const index of tag.keys()) {
        yield* ensure(
          !(yield* crypto.verifyMac("cache", secret, flipped(tag, index))),
          `byte ${index} does not matter`
        )
        yield* ensure(
          !(yield* crypto.verifyMac("cache", secret, tag.subarray(0, index))),
          `${index} bytes of the tag are enough`
        )
      }
      yield* ensure(!(yield* crypto.verifyMac("cache", secret, Uint8Array.of(...tag, 0))), "a longer tag is valid")
    })
  ),
  contractCase(
    "verifies the signatures it makes, of their own data and purpose, and no others",
    Effect.gen(function*() {
      const crypto = yield* Crypto
      yield* ensure(!(yield* crypto.verify("audit", secret, row)), "a signature is valid under a purpose never used")
      for (const data of [none, secret, new Uint8Array(100_000)]) {
        const signature = yield* crypto.sign("audit", data)
        yield* ensure(yield* crypto.verify("audit", data, signature), "a signature is not valid")
        yield* ensure(
          !(yield* crypto.verify("audit", Uint8Array.of(...data, 0), signature)),
          "the data does not matter"
        )
      }
      const signature = yield* crypto.sign("audit", secret)
      yield* crypto.sign("users", secret)
      yield* ensure(!(yield* crypto.verify("users", secret, signature)), "the purpose does not matter")
      for (const index of signature.keys()) {
        yield* ensure(
          !(yield* crypto.verify("audit", secret, flipped(signature, index))),
          `byte ${index} does not matter`
        )
        yield* ensure(
          !(yield* crypto.verify("audit", secret, signature.subarray(0, index))),
          `${index} bytes of the signature are enough`
        )
      }
    })
  )
]
