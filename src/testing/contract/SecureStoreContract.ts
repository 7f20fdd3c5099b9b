/**
 * What every `SecureStore` must do. Not covered: durability, other processes and damaged files, for which stores on
 * disk have tests of their own.
 */
import { Deferred, Effect, Either, Exit, Fiber, Option, Redacted } from "effect"
import { SecureStore } from "../../domain/storage/SecureStore.ts"
import { contractCase, ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { cases as transactionCases, holds } from "./SecureStoreCases.ts"
import { cases as changeCases } from "./SecureStoreChangeCases.ts"

const some = (value: string) => Option.some(Redacted.make(value))

const names = [
  "token",
  "Token",
  "a/b",
  "a",
  "../up",
  "with space",
  "__proto__",
  "constructor",
  "",
  "日本語 🔑",
  "n".repeat(300)
]

export const contract: Contract<SecureStore> = {
  name: "SecureStore",
  cases: [
    contractCase(
      "is empty at first",
      Effect.gen(function*() {
        const store = yield* SecureStore
        yield* holds("token", undefined)
        yield* ensure((yield* store.list).length === 0, "there are names")
        yield* ensure(!(yield* store.remove("token")), "there was something to remove")
      })
    ),
    contractCase(
      "gives back what was set, the last write winning",
      Effect.gen(function*() {
        const store = yield* SecureStore
        yield* store.set("token", Redacted.make("first"))
        yield* holds("token", "first")
        yield* store.set("token", Redacted.make("second"))
        yield* holds("token", "second")
      })
    ),
    contractCase(
      "keeps any text exactly",
      Effect.gen(function*() {
        const store = yield* SecureStore
        for (const value of ["", " ", "line\nline\r\n", "nul\u0000", "пароль 🔑", "x".repeat(100_000)]) {
          yield* store.set("token", Redacted.make(value))
          yield* holds("token", value)
        }
      })
    ),
    contractCase(
      "tells names apart, whatever they are made of, and lists them sorted",
      Effect.gen(function*() {
        const store = yield* SecureStore
        for (const name of names) yield* store.set(name, Redacted.make(`value of ${name}`))
        for (const name of names) yield* holds(name, `value of ${name}`)
        const listed = yield* store.list
        yield* ensure(
          listed.length === names.length && names.toSorted().every((name, index) => listed[index] === name),
          "the list is not every name, sorted"
        )
      })
    ),
    contractCase(
      "removes one entry and says whether it was there",
      Effect.gen(function*() {
        const store = yield* SecureStore
        yield* store.set("token", Redacted.make("a"))
        yield* store.set("other", Redacted.make("b"))
        yield* ensure(yield* store.remove("token"), "it says that there was nothing")
        yield* holds("token", undefined)
        yield* holds("other", "b")
        yield* ensure(!(yield* store.remove("token")), "it says that it removed it twice")
      })
    ),
    contractCase(
      "modify creates, changes and removes, and returns what `change` gives",
      Effect.gen(function*() {
        const store = yield* SecureStore
        const answer = yield* store.modify(
          "token",
          (current) => Effect.succeed([Option.isNone(current), some("first")] as const)
        )
        yield* ensure(answer, "`change` did not see that there was nothing, or its answer was lost")
        yield* holds("token", "first")
        yield* store.modify("token", (current) =>
          Effect.succeed(
            [undefined, Option.map(current, (value) => Redacted.make(`${Redacted.value(value)}+`))] as const
          ))
        yield* holds("token", "first+")
        yield* store.modify("token", () => Effect.succeed([undefined, Option.none()] as const))
        yield* holds("token", undefined)
        yield* store.modify("token", () => Effect.succeed([undefined, Option.none()] as const))
        yield* holds("token", undefined)
      })
    ),
    contractCase(
      "modify keeps the failure of `change` and writes nothing",
      Effect.gen(function*() {
        const store = yield* SecureStore
        yield* store.set("token", Redacted.make("before"))
        const failed = yield* Effect.either(store.modify("token", () => Effect.fail("refused" as const)))
        yield* ensure(Either.isLeft(failed) && failed.left === "refused", "the failure is another one")
        yield* holds("token", "before")
        const died = yield* Effect.exit(store.modify("token", () => Effect.dieMessage("bug")))
        yield* ensure(Exit.isFailure(died), "a defect of `change` was swallowed")
        yield* holds("token", "before")
        yield* store.set("token", Redacted.make("after"))
        yield* holds("token", "after")
      })
    ),
    contractCase(
      "an interrupted modify writes nothing and leaves the store usable",
      Effect.gen(function*() {
        const store = yield* SecureStore
        yield* store.set("token", Redacted.make("before"))
        const entered = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          store.modify("token", () => Effect.zipRight(Deferred.succeed(entered, undefined), Effect.never))
        )
        yield* Deferred.await(entered)
        yield* Fiber.interrupt(fiber)
        yield* holds("token", "before")
        yield* store.set("token", Redacted.make("after"))
        yield* holds("token", "after")
      })
    ),
    contractCase(
      "no change is lost among fibers that modify at once",
      Effect.gen(function*() {
        const store = yield* SecureStore
        const increment = store.modify("count", (current) =>
          Effect.yieldNow().pipe(
            Effect.as(
              [
                undefined,
                some(String(Number(Option.match(current, { onNone: () => "0", onSome: Redacted.value })) + 1))
              ] as const
            )
          ))
        yield* Effect.all(Array.from({ length: 30 }, () => increment), { concurrency: "unbounded", discard: true })
        yield* holds("count", "30")
      })
    ),
    contractCase(
      "no write of one name is lost among fibers that set others",
      Effect.gen(function*() {
        const store = yield* SecureStore
        const all = Array.from({ length: 20 }, (_, index) => `name ${index}`)
        yield* Effect.all(all.map((name) => store.set(name, Redacted.make(name))), { concurrency: "unbounded" })
        for (const name of all) yield* holds(name, name)
      })
    ),
    contractCase(
      "text that cannot be encoded is a bug, not a changed value",
      Effect.gen(function*() {
        const store = yield* SecureStore
        const exit = yield* Effect.exit(store.set("token", Redacted.make("half a pair: \ud83d")))
        yield* ensure(Exit.isFailure(exit), "a lone surrogate was stored")
        yield* holds("token", undefined)
      })
    ),
    ...transactionCases,
    ...changeCases
  ]
}
