import { Effect, Layer, Option, Redacted } from "effect"
import { Keychain } from "../../../src/infrastructure/security/keychain/Keychain.ts"
import type { ItemRef, KeychainStatus } from "../../../src/infrastructure/security/keychain/Keychain.ts"
import * as KeychainFixes from "../../../src/infrastructure/security/keychain/KeychainFixes.ts"
import * as MemoryKeychain from "../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import { contract, lockedContract } from "../../../src/testing/contract/KeychainContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Keychain.Service

const broken = (change: (keychain: Service) => Partial<Service>) =>
  Layer.sync(Keychain, () => {
    const keychain = MemoryKeychain.make({})
    return { ...keychain, ...change(keychain) }
  })

bites(
  contract,
  "keeps text instead of bytes",
  broken(({ set }) => ({
    set: (item, value) =>
      set(item, Redacted.make(new TextEncoder().encode(new TextDecoder().decode(Redacted.value(value)))))
  }))
)

bites(
  contract,
  "cuts large values",
  broken(({ set }) => ({ set: (item, value) => set(item, Redacted.make(Redacted.value(value).subarray(0, 2560))) }))
)

bites(
  contract,
  "looks at the account only",
  broken(({ get, set }) => ({
    get: ({ account }) => get({ service: "", account }),
    set: ({ account }, value) => set({ service: "", account }, value)
  }))
)

bites(
  contract,
  "takes an empty value for none",
  broken(({ get }) => ({
    get: (item) => Effect.map(get(item), Option.filter((value) => Redacted.value(value).length > 0))
  }))
)

bites(
  contract,
  "always says that it removed something",
  broken(({ remove }) => ({ remove: (item) => Effect.as(remove(item), true) }))
)

bites(
  contract,
  "hands out the bytes it holds",
  broken(() => {
    const items = new Map<string, Redacted.Redacted<Uint8Array>>()
    return {
      get: ({ account, service }) => Effect.sync(() => Option.fromNullable(items.get(`${service} ${account}`))),
      set: ({ account, service }, value) => Effect.sync(() => void items.set(`${service} ${account}`, value)),
      remove: ({ account, service }) => Effect.sync(() => items.delete(`${service} ${account}`))
    }
  })
)

bites(
  contract,
  "lists every service's items",
  Layer.sync(Keychain, () => {
    const keychain = MemoryKeychain.make()
    const all: Array<ItemRef> = []
    return {
      ...keychain,
      set: (item, value) => Effect.zipRight(Effect.sync(() => all.push(item)), keychain.set(item, value)),
      list: () => Effect.succeed(all)
    }
  })
)

bites(
  contract,
  "lists in the order of writing",
  broken(({ list }) => ({ list: (service) => Effect.map(list(service), (items) => items.toReversed()) }))
)

bites(
  contract,
  "cannot be unlocked when it is open",
  broken(() => ({ unlock: () => Effect.fail(KeychainFixes.locked()) }))
)

bites(
  contract,
  "refuses calls that may ask nobody",
  broken(({ get }) => ({
    get: (item, access) => access?.interaction === "never" ? Effect.fail(KeychainFixes.locked()) : get(item, access)
  }))
)

const locked: KeychainStatus = { _tag: "Locked", backend: "memory", canPrompt: true }

const brokenLocked = (change: (keychain: Service) => Partial<Service>) =>
  Layer.sync(Keychain, () => {
    const keychain = MemoryKeychain.make({ status: Effect.succeed(locked), person: Effect.never })
    return { ...keychain, ...change(keychain) }
  })

bites(
  lockedContract,
  "calls a locked keychain available",
  brokenLocked(() => ({
    status: Effect.succeed({ _tag: "Available", backend: "memory", persistence: "process" } as const)
  }))
)

bites(
  lockedContract,
  "calls locked items absent",
  brokenLocked(({ get }) => ({
    get: (item, access) => Effect.catchTag(get(item, access), "KeychainLocked", () => Effect.succeedNone)
  }))
)

bites(
  lockedContract,
  "asks the person where it may not",
  brokenLocked(({ get }) => ({ get: (item) => get(item, { interaction: "allowed", timeout: "1 second" }) }))
)

bites(
  lockedContract,
  "waits for the person for ever",
  brokenLocked(({ unlock }) => ({ unlock: () => unlock({ timeout: "1000 days" }) }))
)
