/**
 * What every `Keychain` must do while it is available. Not covered: locked and missing keychains, prompts, and what
 * survives a restart; adapters prove those against the real service.
 */
import { Effect, Either, Option, Redacted } from "effect"
import type { ItemRef } from "../../infrastructure/security/keychain/Keychain.ts"
import { Keychain } from "../../infrastructure/security/keychain/Keychain.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

const item: ItemRef = { service: "strata-contract", account: "root key" }

const bytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7) % 256)

/** Fails unless `ref` holds `expected`; `undefined` stands for absent. The message holds no value. */
const holds = (ref: ItemRef, expected: Uint8Array | undefined) =>
  Effect.gen(function*() {
    const found = Option.map(yield* (yield* Keychain).get(ref), Redacted.value)
    const right = expected === undefined
      ? Option.isNone(found)
      : Option.exists(found, (value) => value.join() === expected.join())
    yield* ensure(right, `"${ref.account}" holds ${Option.isNone(found) ? "nothing" : "another value"}`)
  })

export const contract: Contract<Keychain> = {
  name: "Keychain",
  cases: [
    contractCase(
      "says that it is available, by whom, and how long items last",
      Effect.gen(function*() {
        const status = yield* (yield* Keychain).status
        yield* ensure(status._tag === "Available" && status.backend !== "", `it is ${status._tag}`)
      })
    ),
    contractCase("has nothing at first", holds(item, undefined)),
    contractCase(
      "gives back any bytes up to 1 KiB, the last write winning",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        for (const value of [bytes(1), bytes(32), bytes(0), Uint8Array.of(0, 255, 0xc3, 0x28, 0), bytes(1024)]) {
          yield* keychain.set(item, Redacted.make(value))
          yield* holds(item, value)
        }
      })
    ),
    contractCase(
      "takes a larger value whole or refuses it and keeps the old one",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        yield* keychain.set(item, Redacted.make(bytes(32)))
        const large = bytes(100_000)
        const result = yield* Effect.either(keychain.set(item, Redacted.make(large)))
        yield* ensure(Either.isRight(result) || result.left._tag === "ValueTooLarge", "it fails with something else")
        yield* holds(item, Either.isRight(result) ? large : bytes(32))
      })
    ),
    contractCase(
      "keeps items apart by service and account",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        const pairs = [["a", "bc"], ["ab", "c"], ["A", "bc"], ["a", "日本語 🔑"], ["1:a", "b"]] as const
        const refs = pairs.map(([service, account]): ItemRef => ({ service: `strata-contract-${service}`, account }))
        for (const [index, ref] of refs.entries()) yield* keychain.set(ref, Redacted.make(bytes(index + 1)))
        for (const [index, ref] of refs.entries()) yield* holds(ref, bytes(index + 1))
        for (const ref of refs) yield* keychain.remove(ref)
      })
    ),
    contractCase(
      "removes an item and says whether it was there",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        yield* keychain.set(item, Redacted.make(bytes(32)))
        yield* ensure(yield* keychain.remove(item), "it says that there was nothing")
        yield* holds(item, undefined)
        yield* ensure(!(yield* keychain.remove(item)), "it says that it removed it twice")
      })
    ),
    contractCase(
      "holds its own copy of the bytes",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        const mine = bytes(32)
        yield* keychain.set(item, Redacted.make(mine))
        mine.fill(0)
        yield* holds(item, bytes(32))
        const theirs = yield* keychain.get(item)
        if (Option.isSome(theirs)) Redacted.value(theirs.value).fill(0)
        yield* holds(item, bytes(32))
      })
    )
  ]
}
