/**
 * What the secret store costs beside what it cannot do without: opening one box, and writing one file durably.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { Effect, Either, Layer, ManagedRuntime, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { open, rename } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { performance } from "node:perf_hooks"
import type { SecretFailure } from "../../src/domain/storage/SecretFailure.ts"
import { SecureStore } from "../../src/domain/storage/SecureStore.ts"
import * as Aead from "../../src/infrastructure/security/encryption/Aead.ts"
import * as Keyset from "../../src/infrastructure/security/encryption/Keyset.ts"
import * as SqliteProcessLock from "../../src/infrastructure/storage/local/SqliteProcessLock.ts"
import * as OpenVault from "../../src/infrastructure/storage/secure/OpenVault.ts"
import type { VaultKey } from "../../src/infrastructure/storage/secure/VaultKey.ts"
import { VaultKeys } from "../../src/infrastructure/storage/secure/VaultKey.ts"
import * as VaultSecureStore from "../../src/infrastructure/storage/secure/VaultSecureStore.ts"
import { cpuPerOperation } from "../Cost.ts"
import type { Benchmark, Side, Subject } from "../Harness.ts"

const slotKey = Redacted.make<Uint8Array>(randomBytes(32))

/** A source that costs nothing, since the keychain has a group of its own. */
const source: VaultKey = {
  slot: "environment",
  load: Effect.succeed(slotKey),
  loadForNewVault: Effect.succeed(slotKey),
  status: Effect.succeed({ detail: "bench", usable: true, durable: true })
}

const storeIn = (folder: string) =>
  VaultSecureStore.layer.pipe(
    Layer.provideMerge(OpenVault.layer({ file: join(folder, "data", "vault") })),
    Layer.provide([
      Layer.succeed(VaultKeys, [source]),
      SqliteProcessLock.layer({ folder: join(folder, "locks") }),
      NodeFileSystem.layer,
      NodePath.layer
    ])
  )

const value = Redacted.make(randomBytes(512).toString("hex"))
const names = Array.from({ length: 1000 }, (_, index) => `folder/name ${index}`)

const filled = Effect.flatMap(
  SecureStore,
  (store) =>
    store.transaction((transaction) => Effect.forEach(names, (name) => transaction.set(name, value), { discard: true }))
)

type Store = typeof SecureStore.Service
type Use = Effect.Effect<unknown, SecretFailure, SecureStore>

type Cost = (runs: number, body: () => Promise<void>) => Promise<number>

/** In ms, for what waits for the disk. */
const wallPerOperation: Cost = async (runs, body) => {
  const start = performance.now()
  await body()
  return (performance.now() - start) / runs
}

/** On a store that is open and was prepared by `prepare`. */
const onStore = (
  prepare: Use,
  use: (store: Store) => Effect.Effect<unknown, SecretFailure>,
  runs: number,
  cost: Cost
): Subject =>
async () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-bench-"))
  const runtime = ManagedRuntime.make(storeIn(folder))
  await runtime.runPromise(prepare)
  const run = use(await runtime.runPromise(SecureStore))
  return {
    sample: () => cost(runs, () => runtime.runPromise(Effect.asVoid(Effect.repeatN(run, runs - 1)))),
    close: () => runtime.dispose().then(() => rmSync(folder, { recursive: true }))
  }
}

const set = (store: Store) => store.set("token", value)
const get = (store: Store) => store.get("folder/name 500")
const firstSet = Effect.flatMap(SecureStore, set)

const openBox: Subject = (): Side => {
  const keyset = Keyset.generate("XAES_256_GCM")
  const context = randomBytes(100)
  const plaintext = Buffer.from(Redacted.value(value))
  const boxes = new Map(names.map((name) => [name, Aead.seal(keyset, plaintext, context)]))
  return {
    sample: () =>
      cpuPerOperation(5000, () => {
        for (let count = 0; count < 5000; count++) {
          const box = boxes.get("folder/name 500")
          if (box === undefined || Either.isLeft(Aead.open(keyset, box, context))) throw new Error("it does not open")
        }
        return Promise.resolve()
      })
  }
}

/** The least that is durable: a new file, its content, its name, each made so. */
const writeDurably = async (file: string, content: Uint8Array) => {
  const handle = await open(`${file}.tmp`, "wx", 0o600)
  await handle.writeFile(content)
  await handle.sync()
  await handle.close()
  await rename(`${file}.tmp`, file)
  const folder = await open(dirname(file), "r")
  await folder.sync()
  await folder.close()
}

const rawWrite: Subject = (): Side => {
  const folder = mkdtempSync(join(tmpdir(), "strata-bench-"))
  const content = randomBytes(1500)
  return {
    sample: async () => {
      const start = performance.now()
      for (let count = 0; count < 20; count++) {
        // oxlint-disable-next-line no-await-in-loop -- one write after the other is what is measured
        await writeDurably(join(folder, "file"), content)
      }
      return (performance.now() - start) / 20
    },
    close: () => Promise.resolve(rmSync(folder, { recursive: true }))
  }
}

const hundredSets = (store: Store) =>
  store.transaction((transaction) =>
    Effect.forEach(names.slice(0, 100), (name) => transaction.set(name, value), { discard: true })
  )

/** As a new process does it, the loading of code left out. */
const opening: Subject = async () => {
  const folder = mkdtempSync(join(tmpdir(), "strata-bench-"))
  await Effect.runPromise(Effect.provide(filled, storeIn(folder)))
  return {
    sample: async () => {
      const runtime = ManagedRuntime.make(storeIn(folder))
      const use = Effect.flatMap(SecureStore, (store) => store.get("folder/name 1"))
      const start = performance.now()
      const found = await runtime.runPromise(use)
      const elapsed = performance.now() - start
      await runtime.dispose()
      if (Option.isNone(found)) throw new Error("the entry is missing")
      return elapsed
    },
    close: () => Promise.resolve(rmSync(folder, { recursive: true }))
  }
}

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    group: "vault",
    name: "get 1 KiB from an open vault, CPU",
    unit: "µs",
    better: "lower",
    target: 2,
    subject: onStore(filled, get, 5000, cpuPerOperation),
    peer: { name: "Map lookup and one AEAD open", subject: openBox }
  },
  {
    group: "vault",
    name: "set 1 KiB",
    unit: "ms",
    better: "lower",
    target: 1.3,
    subject: onStore(firstSet, set, 20, wallPerOperation),
    peer: { name: "write, fsync, rename, fsync of the folder", subject: rawWrite }
  },
  {
    group: "vault",
    name: "100 sets in one transaction",
    unit: "ms",
    better: "lower",
    target: 3,
    subject: onStore(firstSet, hundredSets, 20, wallPerOperation),
    peer: { name: "one set", subject: onStore(firstSet, set, 20, wallPerOperation) }
  },
  {
    group: "vault",
    name: "opening 1,000 entries, the key apart",
    unit: "ms",
    better: "lower",
    target: 15,
    subject: opening
  }
]
