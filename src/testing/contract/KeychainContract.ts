/**
 * What every `Keychain` must do. `contract` is for one that is available; `lockedContract` for one that is locked, holds
 * at least one item, and whose person never answers. Not covered: prompts that are answered, and what survives a
 * restart; adapters prove those against the real service.
 */
import { Effect, Either, Fiber, Option, Redacted, TestClock } from "effect"
import type { Access, ItemRef } from "../../infrastructure/security/keychain/Keychain.ts"
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
    ),
    contractCase(
      "lists the items of one service by account, each once",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        const service = "strata-contract-list"
        for (const account of ["b", "a", "b", "ä"]) yield* keychain.set({ service, account }, Redacted.make(bytes(8)))
        yield* keychain.set({ service: `${service}-2`, account: "c" }, Redacted.make(bytes(8)))
        const listed = yield* keychain.list(service)
        yield* ensure(listed.every((ref) => ref.service === service), "it lists another service")
        const names = listed.map(({ account }) => account).join()
        yield* ensure(names === "a,b,ä", `it lists ${names}`)
        for (const ref of listed) yield* keychain.remove(ref)
        yield* keychain.remove({ service: `${service}-2`, account: "c" })
        yield* ensure((yield* keychain.list(service)).length === 0, "it lists what was removed")
      })
    ),
    contractCase("is unlocked at once when it is open", Effect.flatMap(Keychain, (keychain) => keychain.unlock())),
    contractCase(
      "asks nobody for an item of an open keychain, however a call may ask",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        for (const interaction of ["allowed", "never"] as const) {
          yield* keychain.set(item, Redacted.make(bytes(32)), { interaction })
          yield* ensure(Option.isSome(yield* keychain.get(item, { interaction })), "it is absent")
          yield* ensure((yield* keychain.list(item.service, { interaction })).length === 1, "it is not listed")
          yield* ensure(yield* keychain.remove(item, { interaction }), "there was nothing to remove")
        }
      })
    )
  ]
}

/** The calls that need an open keychain, by name. */
const calls = (keychain: typeof Keychain.Service, access: Access) =>
  [
    ["get", keychain.get(item, access)],
    ["get of what is absent", keychain.get({ service: "strata-contract", account: "absent" }, access)],
    ["set", keychain.set(item, Redacted.make(bytes(8)), access)],
    ["remove", keychain.remove(item, access)],
    ["list", keychain.list(item.service, access)]
  ] as const

const failsWith = (tag: string, name: string, call: Effect.Effect<unknown, { readonly _tag: string }>) =>
  Effect.flatMap(Effect.either(call), (result) =>
    ensure(
      Either.isLeft(result) && result.left._tag === tag,
      `${name} ${Either.isLeft(result) ? `fails with ${result.left._tag}` : "succeeds"}`
    ))

export const lockedContract: Contract<Keychain> = {
  name: "Keychain (locked)",
  cases: [
    contractCase(
      "says that it is locked, and whether a person can be asked",
      Effect.gen(function*() {
        const status = yield* (yield* Keychain).status
        yield* ensure(status._tag === "Locked" && status.canPrompt, `it is ${status._tag}`)
      })
    ),
    contractCase(
      "refuses every call that may not ask, and never calls a locked item absent",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        for (const [name, call] of calls(keychain, { interaction: "never" })) {
          yield* failsWith("KeychainLocked", name, call)
        }
      })
    ),
    contractCase(
      "stops waiting for the person when the call's time is up",
      Effect.gen(function*() {
        const keychain = yield* Keychain
        const access = { interaction: "allowed", timeout: "200 millis" } as const
        const all = [...calls(keychain, access), ["unlock", keychain.unlock(access)] as const]
        const waiting = yield* Effect.fork(
          Effect.forEach(all, ([name, call]) => failsWith("PromptTimeout", name, call), { concurrency: "unbounded" })
        )
        while ((yield* Fiber.poll(waiting))._tag === "None") {
          yield* Effect.yieldNow()
          yield* TestClock.adjust("200 millis")
        }
        yield* Fiber.join(waiting)
      }),
      ["TestClock"]
    )
  ]
}
