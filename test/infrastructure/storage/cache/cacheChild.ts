/**
 * What the real tests of the cache run in processes of their own: `node child.mjs <what> <folder>`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Option, Schema } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import * as CacheSchema from "../../../../src/domain/storage/CacheSchema.ts"
import type { StorageFailure } from "../../../../src/domain/storage/StorageFailure.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { entry, key, put, remove, served } from "../../../../src/testing/contract/EntryStoreSubject.ts"

const claimTimeToLive = "1 second"
export const maxEntries = 300

export const region = CacheSchema.region({
  name: "texts",
  schema: Schema.String,
  policy: { timeToLive: "1 hour", write: "through", acrossProcesses: true }
})

export const options = (folder: string): SqlCache.Options => ({
  filename: join(folder, "cache.db"),
  claimTimeToLive,
  maxEntries
})

const print = (text: string | number) => Effect.sync(() => void fs.writeSync(1, `${text}\n`))

const awaitFile = (folder: string, name: string) =>
  Effect.repeat(Effect.sleep("5 millis"), { until: () => fs.existsSync(join(folder, name)) })

type Program = (folder: string) => Effect.Effect<void, StorageFailure, Scope.Scope>

/** Does `step` for ever, printing its number after each. */
const forever = (step: (n: number) => Effect.Effect<unknown, StorageFailure>) =>
  Effect.gen(function*() {
    for (let n = 1;; n += 1) {
      yield* step(n)
      yield* print(n)
      yield* Effect.yieldNow()
    }
  })

const programs: Record<string, Program> = {
  /** With an eviction every few puts. */
  evict: (folder) =>
    Effect.flatMap(SqlCache.makeStore(options(folder)), (store) =>
      forever((n) => {
        const entries = Array.from({ length: 40 }, (_, each) => entry(`key ${n * 40 + each}`, "x".repeat(n % 2000)))
        return store.put(entries, "through")
      })),

  flush: (folder) =>
    Effect.flatMap(
      SqlCache.makeStore(options(folder)),
      (store) =>
        forever((n) =>
          Effect.zipRight(store.put([entry(`key ${n}`, "x".repeat(n % 3000))], "behind"), Effect.sleep("1 millis"))
        )
    ),

  /** What it prints was removed. */
  remove: (folder) =>
    Effect.flatMap(
      SqlCache.makeStore(options(folder)),
      (store) => forever((n) => Effect.zipRight(put(store, `removed ${n}`, "1"), remove(store, key(`removed ${n}`))))
    ),

  /** Damages its own file, so that it has to be replaced. */
  damage: (folder) =>
    Effect.flatMap(SqlCache.makeStore(options(folder)), (store) =>
      forever((n) =>
        Effect.gen(function*() {
          yield* put(store, `key ${n}`, "1")
          const current = fs.readdirSync(folder).filter((name) => name.endsWith(".db")).toSorted().at(-1) ?? ""
          fs.writeFileSync(join(folder, current), Buffer.alloc(40_000, n))
          yield* store.get(`key ${n}`)
        })
      )),

  claim: (folder) =>
    Effect.flatMap(SqlCache.makeStore(options(folder)), (store) =>
      Effect.gen(function*() {
        yield* print(Option.isSome(yield* store.claim("a")) ? "claimed" : "refused")
        return yield* Effect.never
      })),

  /** Claims, and puts when it is told to. */
  lead: (folder) =>
    Effect.flatMap(SqlCache.makeStore(options(folder)), (store) =>
      Effect.gen(function*() {
        const generation = yield* store.generation
        const claim = Option.getOrThrow(yield* store.claim("a"))
        yield* print("claimed")
        yield* awaitFile(folder, "go")
        const stored = yield* claim.put(entry("a", "late", { generation }))
        yield* print(Option.isSome(stored) ? "stored" : "refused")
      })),

  /** 250 callers for each of 20 keys. */
  load: (folder) =>
    // A claim is not to change hands because the machine is busy.
    Effect.flatMap(SqlCache.make({ ...options(folder), claimTimeToLive: "1 minute" }), (cache) =>
      Effect.gen(function*() {
        yield* print("ready")
        yield* awaitFile(folder, "go")
        const load = (name: string) =>
          Effect.zipRight(
            Effect.sync(() => fs.appendFileSync(join(folder, "loads"), `${name}\n`)),
            Effect.delay(Effect.succeed(name), "50 millis")
          )
        const calls = Array.from({ length: 20 * 250 }, (_, n) => `key ${n % 20}`)
        const results = yield* Effect.forEach(
          calls,
          (name) => Effect.map(Effect.orDie(cache.getOrLoad(region, name, load(name))), ({ value }) => value === name),
          { concurrency: "unbounded" }
        )
        yield* print(results.every(Boolean) ? "good" : "bad")
      })),

  removeOnce: (folder) => Effect.flatMap(SqlCache.make(options(folder)), (cache) => cache.remove(region, "a")),

  /** More than there is room for; then what is still read, and what an invalidation leaves. */
  fill: (folder) =>
    Effect.flatMap(SqlCache.makeStore({ ...options(folder), maxEntries: 100_000 }), (store) =>
      Effect.gen(function*() {
        yield* put(store, "first", "1")
        yield* put(store, "second", "1")
        for (let n = 0; n < 100; n += 1) yield* put(store, `key ${n}`, "x".repeat(20_000))
        yield* print(`first ${yield* served(store, "first")}`)
        yield* remove(store, key("first"))
        yield* print(`first ${yield* served(store, "first")}`)
        yield* print(`second ${yield* served(store, "second")}`)
        yield* print(`key 99 ${(yield* served(store, "key 99"))?.length}`)
      })),

  read: (folder) =>
    Effect.flatMap(
      SqlCache.makeStore(options(folder)),
      (store) => Effect.flatMap(served(store, "first"), (found) => print(`first ${found}`))
    )
}

const [what = "", folder = ""] = process.argv.slice(2)
const program = programs[what]
if (program !== undefined) NodeRuntime.runMain(Effect.scoped(program(folder)))
