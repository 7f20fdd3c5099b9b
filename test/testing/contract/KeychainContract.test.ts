import { Effect, Layer, Option, Redacted } from "effect"
import { Keychain } from "../../../src/infrastructure/security/keychain/Keychain.ts"
import * as MemoryKeychain from "../../../src/infrastructure/security/keychain/MemoryKeychain.ts"
import { contract } from "../../../src/testing/contract/KeychainContract.ts"
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
