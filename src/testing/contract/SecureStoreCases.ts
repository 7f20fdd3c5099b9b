/**
 * The part of the `SecureStore` contract about transactions and times to live.
 */
import { Deferred, Duration, Effect, Equal, Exit, Fiber, Option, Redacted, TestClock } from "effect"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import type { SecretTransaction } from "../../domain/storage/SecureStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"

/** Fails unless `name` holds `expected`; `undefined` stands for absent. The message holds no value. */
export const holds = (name: string, expected: string | undefined) =>
  Effect.gen(function*() {
    const store = yield* SecureStore
    const found = Option.getOrUndefined(Option.map(yield* store.get(name), Redacted.value))
    yield* ensure(found === expected, `"${name}" holds ${found === undefined ? "nothing" : "another value"}`)
    yield* ensure((yield* store.has(name)) === (expected !== undefined), `has("${name}") does not agree with get`)
    const listed = (yield* store.list).includes(name)
    yield* ensure(listed === (expected !== undefined), `list does not agree with get about "${name}"`)
  })

const set = (transaction: SecretTransaction, name: string, value: string) => transaction.set(name, Redacted.make(value))

/** The number in an entry, counted up; an absent one is 0. */
const next = (current: Option.Option<Redacted.Redacted<string>>) =>
  Redacted.make(String(Number(Option.match(current, { onNone: () => "0", onSome: Redacted.value })) + 1))

const transactions: Contract<SecureStore>["cases"] = [
  contractCase(
    "a transaction sees what it wrote, and others see it afterwards, all of it",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("old", Redacted.make("1"))
      yield* store.set("kept", Redacted.make("2"))
      const answer = yield* store.transaction((transaction) =>
        Effect.gen(function*() {
          yield* set(transaction, "new", "3")
          yield* set(transaction, "new", "4")
          yield* ensure(yield* transaction.remove("old"), "it says that there was nothing to remove")
          yield* ensure(!(yield* transaction.remove("old")), "it says that it removed it twice")
          const seen = yield* transaction.get("new")
          yield* ensure(Option.exists(seen, (value) => Redacted.value(value) === "4"), "it does not see its own write")
          yield* ensure(Option.isNone(yield* transaction.get("old")), "it sees what it removed")
          yield* ensure((yield* transaction.list).join() === "kept,new", "its list is another one")
          return "answer" as const
        })
      )
      yield* ensure(answer === "answer", "the answer was lost")
      yield* holds("new", "4")
      yield* holds("old", undefined)
      yield* holds("kept", "2")
    })
  ),
  contractCase(
    "a transaction that fails or is interrupted writes nothing and keeps its failure",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("kept", Redacted.make("1"))
      const change = (transaction: SecretTransaction) =>
        Effect.all([set(transaction, "new", "2"), transaction.remove("kept")])
      const failure = yield* Effect.flip(
        store.transaction((transaction) => Effect.zipRight(change(transaction), Effect.fail("refused" as const)))
      )
      yield* ensure(failure === "refused", "the failure is another one")
      const entered = yield* Deferred.make<void>()
      const fiber = yield* Effect.fork(
        store.transaction((transaction) =>
          Effect.all([change(transaction), Deferred.succeed(entered, undefined), Effect.never])
        )
      )
      yield* Deferred.await(entered)
      yield* Fiber.interrupt(fiber)
      yield* holds("kept", "1")
      yield* holds("new", undefined)
    })
  ),
  contractCase(
    "no transaction, modify or set comes between the reading and the writing of another",
    Effect.gen(function*() {
      const store = yield* SecureStore
      const both = store.transaction((transaction) =>
        Effect.gen(function*() {
          const [a, b] = [yield* transaction.get("a"), yield* transaction.get("b")]
          yield* Effect.yieldNow()
          yield* transaction.set("a", next(a))
          yield* transaction.set("b", next(b))
        })
      )
      const one = store.modify("a", (current) => Effect.succeed([undefined, Option.some(next(current))] as const))
      const others = Array.from({ length: 10 }, (_, index) => [both, one, store.set(`${index}`, Redacted.make("x"))])
      yield* Effect.all(others.flat(), { concurrency: "unbounded", discard: true })
      yield* holds("a", "20")
      yield* holds("b", "10")
      yield* ensure((yield* store.list).length === 12, "a write was lost")
    })
  ),
  contractCase(
    "text that cannot be encoded is a bug in a transaction too",
    Effect.gen(function*() {
      const store = yield* SecureStore
      const exit = yield* Effect.exit(store.transaction((transaction) => set(transaction, "token", "\ud83d")))
      yield* ensure(Exit.isFailure(exit), "a lone surrogate was stored")
      yield* holds("token", undefined)
    })
  )
]

const timesToLive: Contract<SecureStore>["cases"] = [
  contractCase(
    "an entry is absent when its time is over, for every way to look",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("brief", Redacted.make("1"), { timeToLive: "10 seconds" })
      yield* store.set("lasting", Redacted.make("2"))
      yield* store.set("endless", Redacted.make("3"), { timeToLive: Duration.infinity })
      // More milliseconds than any clock counts, and than a number has.
      yield* store.set("eternal", Redacted.make("4"), { timeToLive: "99999999999999 weeks" })
      yield* store.set("timeless", Redacted.make("5"), { timeToLive: Duration.weeks(Number.MAX_VALUE) })
      yield* TestClock.adjust("9999 millis")
      yield* holds("brief", "1")
      yield* TestClock.adjust("1 millis")
      yield* holds("brief", undefined)
      yield* ensure(!(yield* store.remove("brief")), "it was there to be removed")
      const absent = yield* store.modify(
        "brief",
        (current) => Effect.succeed([Option.isNone(current), Option.none()] as const)
      )
      yield* ensure(absent, "modify saw it")
      const seen = yield* store.transaction((transaction) => Effect.all([transaction.get("brief"), transaction.list]))
      yield* ensure(Option.isNone(seen[0]) && !seen[1].includes("brief"), "a transaction saw it")
      yield* TestClock.adjust("3650 days")
      yield* holds("lasting", "2")
      yield* holds("endless", "3")
      yield* holds("eternal", "4")
      yield* holds("timeless", "5")
    }),
    ["TestClock"]
  ),
  contractCase(
    "a transaction tells when an entry expires, its own writes included",
    Effect.gen(function*() {
      const store = yield* SecureStore
      yield* store.set("brief", Redacted.make("1"), { timeToLive: "10 seconds" })
      yield* store.set("lasting", Redacted.make("2"))
      yield* TestClock.adjust("4 seconds")
      const found = yield* store.transaction((transaction) =>
        Effect.gen(function*() {
          yield* transaction.set("staged", Redacted.make("3"), { timeToLive: "1 second" })
          return yield* Effect.forEach(["brief", "lasting", "staged", "absent"], (name) => transaction.expiresAt(name))
        })
      )
      const times = found.map(Option.map(({ epochMillis }) => epochMillis))
      const expected = [Option.some(10_000), Option.none(), Option.some(5000), Option.none()]
      yield* ensure(times.every((time, i) => Equal.equals(time, expected[i])), "it does not")
    }),
    ["TestClock"]
  ),
  contractCase(
    "the last write decides how long an entry lives; what modify writes lives for ever, what it leaves is left",
    Effect.gen(function*() {
      const store = yield* SecureStore
      const brief = { timeToLive: "10 seconds" } as const
      for (const name of ["set", "modified", "left", "longer", "staged"]) {
        yield* store.set(name, Redacted.make("1"), brief)
      }
      yield* store.set("set", Redacted.make("2"))
      yield* store.set("longer", Redacted.make("2"), { timeToLive: "1 minute" })
      yield* store.modify("modified", () => Effect.succeed([undefined, Option.some(Redacted.make("2"))] as const))
      yield* store.modify("left", (current) => Effect.succeed([undefined, current] as const))
      yield* store.transaction((transaction) =>
        transaction.set("staged", Redacted.make("2"), { timeToLive: "1 minute" })
      )
      yield* TestClock.adjust("20 seconds")
      yield* holds("set", "2")
      yield* holds("modified", "2")
      yield* holds("left", undefined)
      yield* holds("longer", "2")
      yield* holds("staged", "2")
      yield* TestClock.adjust("1 minute")
      yield* holds("longer", undefined)
      yield* holds("staged", undefined)
    }),
    ["TestClock"]
  ),
  contractCase(
    "a time to live of nothing, or less, leaves no entry",
    Effect.gen(function*() {
      const store = yield* SecureStore
      for (const timeToLive of [0, -1]) {
        yield* store.set("token", Redacted.make("1"))
        yield* store.set("token", Redacted.make("2"), { timeToLive })
        yield* holds("token", undefined)
      }
    })
  )
]

export const cases = [...transactions, ...timesToLive]
