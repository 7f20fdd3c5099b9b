/**
 * The part of the `SecureStore` contract about `changes`.
 */
import { Chunk, Deferred, Effect, Option, Queue, Redacted, Stream } from "effect"
import type { SecretFailure } from "../../domain/storage/SecretFailure.ts"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import type { SecretChange } from "../../domain/storage/SecureStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** What `changes` gives from now on. Returns when the subscription is seen to work. */
const watched = Effect.gen(function*() {
  const store = yield* SecureStore
  const seen = yield* Queue.unbounded<SecretChange>()
  yield* Effect.forkScoped(Stream.runForEach(store.changes, (change) => Queue.offer(seen, change)))
  const probe = Effect.forever(Effect.zipRight(store.set("probe", Redacted.make("x")), Effect.yieldNow()))
  yield* Effect.raceFirst(Queue.take(seen), probe)
  yield* store.set("last probe", Redacted.make("x"))
  yield* Stream.fromQueue(seen).pipe(Stream.takeUntil(({ name }) => name === "last probe"), Stream.runDrain)
  return seen
})

export const cases: Contract<SecureStore>["cases"] = [
  contractCase(
    "changes tells what was set and removed, by whatever way, without values",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("before", Redacted.make("CANARY"))
      const seen = yield* watched
      const steps: ReadonlyArray<readonly [Effect.Effect<unknown, SecretFailure>, ReadonlyArray<string>]> = [
        [store.set("a", Redacted.make("CANARY")), ["set a"]],
        [store.set("a", Redacted.make("CANARY 2")), ["set a"]],
        [store.modify("b", () => Effect.succeed([1, Option.some(Redacted.make("CANARY"))] as const)), ["set b"]],
        [
          store.transaction((transaction) =>
            Effect.all([transaction.set("c", Redacted.make("CANARY")), transaction.remove("a")])
          ),
          ["removed a", "set c"]
        ],
        [store.remove("b"), ["removed b"]]
      ]
      for (const [step, expected] of steps) {
        yield* step
        const found = Chunk.toReadonlyArray(yield* Queue.takeN(seen, expected.length))
        const shown = found.map(({ kind, name }) => `${kind} ${name}`).toSorted().join()
        yield* ensure(shown === expected.join(), `expected ${expected.join()}, got ${shown}`)
        const keys = found.flatMap((change) => Object.keys(change))
        yield* ensure(keys.every((key) => key === "name" || key === "kind"), "there is more than name and kind")
      }
    })
  ),
  contractCase(
    "nothing is told of a modify that leaves the entry, a failed one, or a removal of nothing",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("a", Redacted.make("1"))
      const seen = yield* watched
      yield* store.modify("a", (current) => Effect.succeed([undefined, current] as const))
      yield* Effect.ignore(store.modify("a", () => Effect.fail("refused" as const)))
      yield* store.remove("nothing")
      yield* store.transaction((transaction) => transaction.get("a"))
      yield* store.set("end", Redacted.make("1"))
      const first = yield* Queue.take(seen)
      yield* ensure(first.name === "end", `it tells that "${first.name}" changed`)
    })
  ),
  contractCase(
    "a subscriber that does not keep up delays nobody and learns of every entry that changed",
    Effect.gen(function*() {
      const store = yield* SecureStore
      const names = Array.from({ length: 50 }, (_, index) => `name ${index}`)
      const gate = yield* Deferred.make<void>()
      const seen = new Set<string>()
      const blocked = yield* Deferred.make<void>()
      const done = yield* Deferred.make<void>()
      yield* store.changes.pipe(
        Stream.runForEach(({ name }) =>
          Effect.gen(function*() {
            yield* Deferred.succeed(blocked, undefined)
            yield* Deferred.await(gate)
            seen.add(name)
            if (names.every((each) => seen.has(each))) yield* Deferred.succeed(done, undefined)
          })
        ),
        Effect.forkScoped
      )
      const probe = Effect.forever(Effect.zipRight(store.set("probe", Redacted.make("x")), Effect.yieldNow()))
      yield* Effect.raceFirst(Deferred.await(blocked), probe)
      for (const name of names) yield* store.set(name, Redacted.make("1"))
      yield* Deferred.succeed(gate, undefined)
      yield* Deferred.await(done)
    })
  )
]
