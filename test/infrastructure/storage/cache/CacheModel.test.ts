import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, ExecutionStrategy, Exit, FastCheck, Fiber, Option, Scope } from "effect"
import { join } from "node:path"
import type { Cache, CacheReentrancy, LoadTimeout } from "../../../../src/domain/storage/Cache.ts"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import * as SqlCache from "../../../../src/infrastructure/storage/cache/SqlCache.ts"
import { settle } from "../../../../src/testing/contract/CacheSubject.ts"
import { temporaryFolder } from "../../../support/temporaryFolder.ts"
import { History, region } from "./CacheHistory.ts"

const key = FastCheck.constantFrom("a", "b")
const process = FastCheck.constantFrom(0, 1)
const slot = FastCheck.constantFrom(0, 1, 2)
const tag = FastCheck.constantFrom("x", "y")
const tags = FastCheck.uniqueArray(tag, { maxLength: 2 })
const how = FastCheck.constantFrom("expire" as const, "remove" as const)

const step = FastCheck.oneof(
  FastCheck.record({ do: FastCheck.constant("set" as const), process, key, tags }),
  FastCheck.record({ do: FastCheck.constant("get" as const), process, key }),
  FastCheck.record({ do: FastCheck.constant("load" as const), process, key, tags }),
  FastCheck.record({ do: FastCheck.constant("fail" as const), process, key }),
  FastCheck.record({ do: FastCheck.constant("start" as const), process, key, tags, slot }),
  FastCheck.record({ do: FastCheck.constant("finish" as const), slot, ok: FastCheck.boolean() }),
  FastCheck.record({ do: FastCheck.constant("interrupt" as const), slot }),
  FastCheck.record({ do: FastCheck.constant("key" as const), process, key, how }),
  FastCheck.record({ do: FastCheck.constant("tag" as const), process, tag, how }),
  FastCheck.record({ do: FastCheck.constant("all" as const), process, how }),
  FastCheck.record({
    do: FastCheck.constant("time" as const),
    // Of the clock that can be set, which may go back, and of the other.
    wall: FastCheck.constantFrom(0, 500, 4000, 6000, 10_000, 30_000, 60_000, -3000, -20_000),
    monotonic: FastCheck.constantFrom(0, 500, 4000, 6000, 10_000, 30_000)
  }),
  FastCheck.record({ do: FastCheck.constant("restart" as const), process })
)

type Step = typeof step extends FastCheck.Arbitrary<infer A> ? A : never

/** Loads fail with texts. */
type Failure = string | LoadTimeout | CacheReentrancy

interface Slow {
  readonly process: number
  readonly key: string
  readonly start: number
  readonly result: Deferred.Deferred<void, string>
  readonly fiber: Fiber.Fiber<void, Failure>
}

/** Unless it waits for a load that a later step ends. */
const atOnce = <A, E, R>(effect: Effect.Effect<A, E, R>, rest: Effect.Effect<void>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    for (let left = 10; left > 0 && Option.isNone(yield* Fiber.poll(fiber)); left -= 1) yield* rest
    if (Option.isSome(yield* Fiber.poll(fiber))) return yield* Fiber.join(fiber)
    yield* Fiber.interrupt(fiber)
    return undefined
  })

/** Each process is a cache of its own on what `attach` shares. */
const run = (
  steps: ReadonlyArray<Step>,
  attach: Effect.Effect<EntryStore, never, Scope.Scope>,
  { coherence = "strict", rest = settle }: {
    readonly coherence?: "strict" | "none"
    /** Lets go on what need not wait for a later step. */
    readonly rest?: Effect.Effect<void>
  } = {}
) => {
  const history = new History()
  return Effect.gen(function*() {
    const scopes = yield* Effect.scope
    const open = Effect.gen(function*() {
      const scope = yield* Scope.fork(scopes, ExecutionStrategy.sequential)
      const cache = yield* Scope.extend(
        Effect.flatMap(attach, (store) => EntryCache.make(store, { coherence })),
        scope
      )
      return { cache, scope }
    })
    const processes = [yield* open, yield* open]
    const slow = new Map<number, Slow>()
    const cacheOf = (index: number): typeof Cache.Service => processes[index]?.cache as typeof Cache.Service

    const check = (served: Parameters<History["objection"]>[0], name: string, start: number) => {
      const objection = history.objection(served, name, start)
      if (objection !== undefined) assert.fail(objection)
    }

    const loading = (index: number, name: string, own: ReadonlyArray<string>, until: Effect.Effect<void, string>) =>
      Effect.gen(function*() {
        const value = history.newValue(name, own)
        history.load(index, value)
        yield* Effect.ensuring(until, Effect.sync(() => history.landed(index, value)))
        return value.id
      })

    const ask = (index: number, name: string, load: Effect.Effect<string, string>) =>
      Effect.gen(function*() {
        const start = history.now()
        const result = yield* Effect.either(
          cacheOf(index).getOrLoad(region, name, load, { entry: (id) => ({ tags: history.tagsOf(id) }) })
        )
        if (result._tag === "Right") check(result.right, name, start)
        return result
      })

    const take = (one: Step): Effect.Effect<void, Failure, Scope.Scope> => {
      switch (one.do) {
        case "set":
          return Effect.gen(function*() {
            const value = history.newValue(one.key, one.tags)
            const set = cacheOf(one.process).set(region, one.key, value.id, { tags: one.tags })
            value.latest = yield* history.change("set", { key: one.key }, set)
          })
        case "get":
          return Effect.gen(function*() {
            const start = history.now()
            const found = yield* cacheOf(one.process).get(region, one.key)
            if (Option.isSome(found)) check(found.value, one.key, start)
            else assert.isFalse(history.mustHave(one.key), `${one.key} is lost`)
          })
        case "load":
          return atOnce(ask(one.process, one.key, loading(one.process, one.key, one.tags, Effect.void)), rest)
        case "fail":
          return Effect.gen(function*() {
            let ran = false
            const failing = loading(
              one.process,
              one.key,
              [],
              Effect.suspend(() => {
                ran = true
                return Effect.fail("no")
              })
            )
            const result = yield* atOnce(ask(one.process, one.key, failing), rest)
            if (result?._tag === "Left") assert.isTrue(ran, "it failed without a load")
          })
        case "start":
          return Effect.gen(function*() {
            if (slow.has(one.slot)) return
            const result = yield* Deferred.make<void, string>()
            const load = loading(one.process, one.key, one.tags, Deferred.await(result))
            const start = history.now()
            const fiber = yield* Effect.fork(Effect.asVoid(ask(one.process, one.key, load)))
            slow.set(one.slot, { process: one.process, key: one.key, start, result, fiber })
          })
        case "finish":
          return Effect.gen(function*() {
            const found = slow.get(one.slot)
            if (found === undefined) return
            slow.delete(one.slot)
            yield* Deferred.done(found.result, one.ok ? Exit.void : Exit.fail("no"))
            yield* rest
            const exit = yield* Fiber.poll(found.fiber)
            // It may have joined a load that somebody else ends.
            if (Option.isNone(exit)) yield* Fiber.interrupt(found.fiber)
            else if (Exit.isFailure(exit.value)) yield* exit.value
          })
        case "interrupt":
          return Effect.gen(function*() {
            const found = slow.get(one.slot)
            if (found === undefined) return
            slow.delete(one.slot)
            yield* Fiber.interrupt(found.fiber)
          })
        case "key": {
          const change = cacheOf(one.process)[one.how](region, one.key)
          return history.change(one.how, { key: one.key }, change)
        }
        case "tag": {
          const cache = cacheOf(one.process)
          const change = one.how === "expire" ? cache.expireTag(one.tag) : cache.removeTag(one.tag)
          return history.change(one.how, { tag: one.tag }, change)
        }
        case "all": {
          const cache = cacheOf(one.process)
          return history.change(one.how, "all", one.how === "expire" ? cache.expireAll : cache.clear)
        }
        case "time":
          return Effect.sync(() => {
            history.wall += one.wall
            history.monotonic += one.monotonic
          })
        case "restart":
          return Effect.gen(function*() {
            for (const [id, found] of slow) {
              if (found.process !== one.process) continue
              slow.delete(id)
              yield* Fiber.interrupt(found.fiber)
            }
            const before = processes[one.process]
            if (before !== undefined) yield* Scope.close(before.scope, Exit.void)
            history.forgetLoads(one.process)
            processes[one.process] = yield* open
          })
      }
    }

    yield* Effect.forEach(steps, (one) => Effect.zipRight(take(one), rest), { discard: true })
    for (const { fiber } of slow.values()) yield* Fiber.interrupt(fiber)
  }).pipe(Effect.scoped, Effect.withClock(history.clock))
}

const sequences = FastCheck.array(step, { minLength: 5, maxLength: 40 })

/** Whether the model notices a store, or a coherence, that is not what it should be. */
const notices = (change: (store: EntryStore) => EntryStore, coherence: "strict" | "none" = "strict") =>
  Effect.gen(function*() {
    for (const steps of FastCheck.sample(sequences, { seed: 22, numRuns: 300 })) {
      const attach = yield* MemoryEntryStore.makeShared()
      const exit = yield* Effect.exit(run(steps, Effect.map(attach, change), { coherence }))
      if (Exit.isFailure(exit)) return
    }
    assert.fail("nothing was noticed")
  })

describe("Cache, against a model", () => {
  it.scoped.prop(
    "serves nothing that an invalidation has excluded, nothing too old, and one load at a time: in memory",
    [sequences],
    ([steps]) => Effect.flatMap(MemoryEntryStore.makeShared(), (attach) => run(steps, attach)),
    { fastCheck: { seed: 20, numRuns: 150 }, timeout: 60_000 }
  )

  it.scoped.prop(
    "serves nothing that an invalidation has excluded, nothing too old, and one load at a time: in a file",
    [sequences],
    ([steps]) =>
      Effect.flatMap(
        temporaryFolder,
        (folder) => run(steps, SqlCache.makeStore({ filename: join(folder, "cache.db") }), { rest: Effect.sleep(2) })
      ),
    { fastCheck: { seed: 21, numRuns: 12 }, timeout: 60_000 }
  )

  it.scoped("the model notices a store that takes old loads", () =>
    notices((store) => ({
      ...store,
      put: (entries, write) => store.put(entries.map((entry) => ({ ...entry, generation: "next" })), write)
    })))

  it.scoped("the model notices a store that keeps what is removed", () =>
    notices((store) => ({ ...store, invalidate: ({ target }) => store.invalidate({ target, kind: "expire" }) })))

  it.scoped("the model notices memory that does not follow other processes", () => notices((store) => store, "none"))

  it.scoped("the model notices a store that forgets", () =>
    notices((store) => ({ ...store, get: (id) => id.endsWith("b") ? Effect.succeedNone : store.get(id) })))
})
