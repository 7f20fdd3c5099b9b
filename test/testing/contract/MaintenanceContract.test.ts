import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { LastSlot, Maintenance, SecretStoreStatus } from "../../../src/domain/operations/Maintenance.ts"
import { SecureStore } from "../../../src/domain/storage/SecureStore.ts"
import * as MemoryMaintenance from "../../../src/infrastructure/storage/secure/MemoryMaintenance.ts"
import * as MemorySecureStore from "../../../src/infrastructure/storage/secure/MemorySecureStore.ts"
import { contract } from "../../../src/testing/contract/MaintenanceContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof Maintenance.Service
type Store = typeof SecureStore.Service

const broken = (change: (maintenance: Service, store: Store) => Partial<Service>) =>
  Layer.effect(
    Maintenance,
    Effect.gen(function*() {
      const maintenance = yield* MemoryMaintenance.make
      return { ...maintenance, ...change(maintenance, yield* SecureStore) }
    })
  ).pipe(Layer.provideMerge(MemorySecureStore.layer))

bites(contract, "opens with any passphrase", broken(() => ({ unlock: () => Effect.void })))

bites(
  contract,
  "takes a passphrase for another when it is typed in another way",
  broken(({ unlock }) => ({
    unlock: (type, secret) =>
      Redacted.value(secret).includes("\u030a") ? unlock(type, Redacted.make("")) : unlock(type, secret)
  }))
)

bites(
  contract,
  "wants a recovery code exactly as it was printed",
  broken(({ unlock }) => ({
    unlock: (type, secret) => unlock(type, /[a-z]/.test(Redacted.value(secret)) ? Redacted.make("") : secret)
  }))
)

bites(
  contract,
  "tells a name in the status",
  broken(({ status }) => ({
    status: Effect.map(status, (told) => new SecretStoreStatus({ ...told, advice: ["rotate canary-name"] }))
  }))
)

bites(contract, "keeps a slot that was removed", broken(() => ({ removeSlot: () => Effect.void })))

bites(
  contract,
  "removes the last slot",
  broken(({ removeSlot }) => ({
    removeSlot: (id) => Effect.catchIf(removeSlot(id), (failure) => failure instanceof LastSlot, () => Effect.void)
  }))
)

bites(contract, "stops a rotation in the middle", broken(() => ({ rotate: () => Stream.make({ done: 1, total: 2 }) })))

bites(
  contract,
  "loses entries when it rotates",
  broken(({ rotate }, store) => ({
    rotate: (what) => Stream.onDone(rotate(what), () => Effect.ignore(store.remove("name-3")))
  }))
)

bites(
  contract,
  "exports in clear text",
  broken((_, store) => ({
    exportAll: () =>
      store.get("a").pipe(
        Effect.map(Option.match({ onNone: () => "", onSome: Redacted.value })),
        Effect.map((text) => new TextEncoder().encode(text))
      )
  }))
)

bites(
  contract,
  "imports over what is there",
  broken(({ importAll }) => ({ importAll: (file, key) => importAll(file, key, { replace: true }) }))
)

bites(
  contract,
  "forgets when entries expire",
  broken(({ importAll }, store) => ({
    importAll: (file, key, options) =>
      Effect.tap(importAll(file, key, options), () => store.set("short", Redacted.make("lived")))
  }))
)
