/**
 * Reading one item of a real GNOME Keyring, on a bus and in a home of their own.
 */
import { Effect, Exit, Option, Redacted, Scope } from "effect"
import { createRequire } from "node:module"
import { performance } from "node:perf_hooks"
import * as SecretServiceKeychain from "../../src/infrastructure/security/keychain/SecretServiceKeychain.ts"
import * as GnomeKeyring from "../../test/support/keyring/GnomeKeyring.ts"
import type { Benchmark, Subject } from "../Harness.ts"

const operations = 50

const item = { service: "strata-bench", account: "root key" }
const value = Redacted.make(new Uint8Array(32).fill(7))

/** Wall time in ms: the time goes to the bus and the daemon. */
const perOperation = async (body: () => unknown) => {
  const start = performance.now()
  await body()
  return (performance.now() - start) / operations
}

/** The bus of the last `ours`, which is set up first. */
let address = ""

const ours: Subject = async () => {
  if (!GnomeKeyring.isInstalled()) return undefined
  const scope = Effect.runSync(Scope.make())
  const { bus } = await Effect.runPromise(Scope.extend(GnomeKeyring.unlocked, scope))
  address = bus.address
  const session = { busAddress: bus.address, interactive: false }
  const keychain = await Effect.runPromise(Scope.extend(SecretServiceKeychain.make({ session }), scope))
  await Effect.runPromise(keychain.set(item, value))
  const get = Effect.filterOrDieMessage(keychain.get(item), Option.isSome, "the item is gone")
  return {
    sample: () => perOperation(() => Effect.runPromise(Effect.repeatN(get, operations - 1))),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

interface Keyring {
  readonly Entry: new(service: string, account: string, options: object) => { readonly getSecret: () => unknown }
}

const napi: Subject = () => {
  if (address === "") return undefined
  process.env["DBUS_SESSION_BUS_ADDRESS"] = address
  // Asked for at run time: a native module is no part of a bundle.
  const { Entry } = createRequire(import.meta.url)("@napi-rs/keyring") as Keyring
  // As its documentation reads an item: pinned, because it can choose another store silently, and connected anew.
  const get = () => new Entry(item.service, item.account, { linux: { store: "secret-service" } }).getSecret()
  if (get() === null) throw new Error("the item is gone")
  return {
    sample: () =>
      perOperation(() => {
        for (let index = 0; index < operations; index++) get()
      })
  }
}

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    group: "keychain",
    name: "an item of GNOME Keyring, over a kept connection",
    unit: "ms",
    better: "lower",
    target: 1 / 3,
    subject: ours,
    peer: { name: "@napi-rs/keyring", subject: napi }
  }
]
