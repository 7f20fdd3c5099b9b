import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, FastCheck, Fiber, FiberId, Option } from "effect"
import type { Scope } from "effect"
import type { CacheReentrancy, LoadTimeout } from "../../../../src/domain/storage/Cache.ts"
import * as EntryCache from "../../../../src/infrastructure/storage/cache/EntryCache.ts"
import type { EntryStore } from "../../../../src/infrastructure/storage/cache/EntryStore.ts"
import * as MemoryEntryStore from "../../../../src/infrastructure/storage/cache/MemoryEntryStore.ts"
import { History, region } from "./CacheHistory.ts"

/** Each step waits at its gate until it is its turn. */
class Gates {
  private readonly waiting: Array<Deferred.Deferred<void>> = []

  readonly pass = Effect.suspend(() => {
    const gate = Deferred.unsafeMake<void>(FiberId.none)
    this.waiting.push(gate)
    return Deferred.await(gate)
  })

  /** Lets one of those that wait go on; false when there is none. */
  open(choice: number) {
    const [gate] = this.waiting.splice(choice % Math.max(1, this.waiting.length), 1)
    return gate === undefined ? Effect.succeed(false) : Deferred.succeed(gate, undefined)
  }
}

const rest = Effect.forEach(Array.from({ length: 12 }), () => Effect.yieldNow(), { discard: true })

/** What a store is asked, and what it answers, comes when its turn is. */
const gated = (store: EntryStore, gates: Gates): EntryStore => {
  const at = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    gates.pass.pipe(Effect.zipRight(effect), Effect.zipLeft(gates.pass))
  return {
    ...store,
    generation: at(store.generation),
    get: (id) => at(store.get(id)),
    put: (entries, write) => at(store.put(entries, write)),
    invalidate: (invalidation) => at(store.invalidate(invalidation))
  }
}

const processes = FastCheck.constantFrom(0, 1)
const operation = FastCheck.record({
  process: processes,
  what: FastCheck.constantFrom("load", "load", "get", "set", "remove", "expire", "tag", "clear")
})
type Operation = typeof operation extends FastCheck.Arbitrary<infer A> ? A : never

const programs = FastCheck.array(operation, { minLength: 2, maxLength: 7 })
const turns = FastCheck.infiniteStream(FastCheck.nat({ max: 20 }))

type Failure = LoadTimeout | CacheReentrancy

const run = (
  operations: ReadonlyArray<Operation>,
  turn: Iterator<number>,
  change: (store: EntryStore) => EntryStore = (store) => store
): Effect.Effect<void, Failure> => {
  const history = new History()
  const gates = new Gates()
  const program: Effect.Effect<void, Failure, Scope.Scope> = Effect.gen(function*() {
    const attach = yield* MemoryEntryStore.makeShared()
    const open = Effect.flatMap(
      attach,
      (store) => EntryCache.make(gated(change(store), gates), { coherence: "strict" })
    )
    const caches = [yield* open, yield* open]

    const take = ({ process: index, what }: Operation): Effect.Effect<void, Failure> => {
      const cache = caches[index]
      if (cache === undefined) return Effect.void
      const start = history.now()
      const check = (served: Parameters<History["objection"]>[0]) => {
        const objection = history.objection(served, "a", start)
        if (objection !== undefined) throw new Error(objection)
      }
      switch (what) {
        case "set": {
          const value = history.newValue("a", ["x"])
          value.latest = Number.POSITIVE_INFINITY
          const set = cache.set(region, "a", value.id, { tags: ["x"] })
          return Effect.map(history.change("set", { key: "a" }, set), (end) => void (value.latest = end))
        }
        case "remove":
          return history.change("remove", { key: "a" }, cache.remove(region, "a"))
        case "expire":
          return history.change("expire", { key: "a" }, cache.expire(region, "a"))
        case "tag":
          return history.change("remove", { tag: "x" }, cache.removeTag("x"))
        case "clear":
          return history.change("remove", "all", cache.clear)
        case "get":
          return Effect.map(cache.get(region, "a"), (found) => {
            if (Option.isSome(found)) check(found.value)
          })
        default: {
          const load = Effect.flatMap(
            Effect.sync(() => history.newValue("a", ["x"])),
            ({ id }) => Effect.as(gates.pass, id)
          )
          return Effect.map(cache.getOrLoad(region, "a", load, { entry: () => ({ tags: ["x"] }) }), check)
        }
      }
    }

    const fibers = yield* Effect.forEach(
      operations,
      (one) => Effect.fork(Effect.zipRight(gates.pass, Effect.suspend(() => take(one))))
    )
    // Whatever is left at the end is read without anything else going on.
    const finish = (left: number): Effect.Effect<void> =>
      Effect.gen(function*() {
        yield* rest
        if (left > 0 && (yield* gates.open(turn.next().value ?? 0))) yield* finish(left - 1)
      })
    yield* finish(500)
    for (const fiber of fibers) yield* Fiber.join(fiber)
    for (const last of [0, 1]) {
      const reading = yield* Effect.fork(take({ process: last, what: "get" }))
      yield* finish(10)
      yield* Fiber.join(reading)
    }
  })
  return program.pipe(Effect.scoped, Effect.withClock(history.clock))
}

const notices = (change: (store: EntryStore) => EntryStore) =>
  Effect.gen(function*() {
    const samples = FastCheck.sample(FastCheck.tuple(programs, turns), { seed: 31, numRuns: 300 })
    for (const [operations, turn] of samples) {
      const exit = yield* Effect.exit(run(operations, turn[Symbol.iterator](), change))
      if (Exit.isFailure(exit)) return
    }
    assert.fail("nothing was noticed")
  })

describe("Cache, step by step", () => {
  it.effect.prop(
    "in whatever order the steps of loads, sets and invalidations come, nothing excluded is served",
    [programs, turns],
    ([operations, turn]) => run(operations, turn[Symbol.iterator]()),
    { fastCheck: { seed: 30, numRuns: 150 }, timeout: 60_000 }
  )

  it.effect("a store that takes old loads is noticed", () =>
    notices((store) => ({
      ...store,
      put: (entries, write) => store.put(entries.map((entry) => ({ ...entry, generation: "next" })), write)
    })))

  it.effect("a store that does not tell of changes is noticed", () =>
    notices((store) => ({ ...store, changes: Effect.succeed(Option.none()) })))
})
