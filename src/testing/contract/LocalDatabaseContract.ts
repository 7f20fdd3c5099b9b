/**
 * What every `LocalDatabase` must do with a database of its own, made with this contract's `migration` as its only one
 * and with `live: ["item"]`. Not covered, because it takes files and processes: power cuts, other migrations, waiting
 * for other processes.
 */
import { Deferred, Effect, Exit, Fiber } from "effect"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import { ensure } from "../Contract.ts"
import type { Contract } from "../Contract.ts"
import { clientCases } from "./LocalDatabaseClientCases.ts"
import { endedCases } from "./LocalDatabaseEndedCases.ts"
import { readCases } from "./LocalDatabaseReadCases.ts"
import { add, addOrphan, behaviour, hold, names } from "./LocalDatabaseSubject.ts"

export { migration } from "./LocalDatabaseSubject.ts"

export const contract: Contract<LocalDatabase> = {
  name: "LocalDatabase",
  cases: [
    behaviour(
      "a write transaction gives its result and keeps all of its writes",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const result = yield* writeTransaction(Effect.as(Effect.all([add("a"), add("b")]), 42))
        yield* ensure(result === 42, "the result is lost")
        yield* hold("a,b")
      })
    ),
    behaviour(
      "a failure is passed on and takes all writes back",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const failure = yield* Effect.flip(writeTransaction(Effect.zipRight(add("a"), Effect.fail("no"))))
        yield* ensure(failure === "no", "the failure is lost")
        yield* hold("")
      })
    ),
    behaviour(
      "a defect takes all writes back",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const exit = yield* Effect.exit(writeTransaction(Effect.zipRight(add("a"), Effect.dieMessage("bug"))))
        yield* ensure(Exit.isFailure(exit), "the defect is lost")
        yield* hold("")
      })
    ),
    behaviour(
      "interruption takes all writes back",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const written = yield* Deferred.make<void>()
        const fiber = yield* Effect.fork(
          writeTransaction(Effect.all([add("a"), Deferred.succeed(written, undefined), Effect.never]))
        )
        yield* Deferred.await(written)
        yield* Fiber.interrupt(fiber)
        yield* hold("")
      })
    ),
    behaviour(
      "a nested transaction shares the fate of the outer one",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        yield* Effect.flip(writeTransaction(Effect.zipRight(writeTransaction(add("a")), Effect.fail("no"))))
        yield* hold("")
        yield* writeTransaction(Effect.zipRight(writeTransaction(add("b")), add("c")))
        yield* hold("b,c")
      })
    ),
    behaviour(
      "reads inside a transaction see its own writes",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const inside = yield* writeTransaction(Effect.zipRight(add("a"), names))
        yield* ensure(inside === "a", `it saw "${inside}"`)
      })
    ),
    behaviour(
      "concurrent transactions do not lose each other's updates",
      Effect.gen(function*() {
        const { read, sql, writeTransaction } = yield* LocalDatabase
        yield* writeTransaction(sql`INSERT INTO parent (id) VALUES (0)`)
        const count = Effect.map(sql<{ readonly id: number }>`SELECT id FROM parent`, (rows) => rows[0]?.id ?? -1)
        const increment = Effect.gen(function*() {
          const current = yield* count
          yield* Effect.yieldNow()
          yield* sql`UPDATE parent SET id = ${current + 1}`
        })
        yield* Effect.all(Array.from({ length: 50 }, () => writeTransaction(increment)), { concurrency: "unbounded" })
        const total = yield* read(count)
        yield* ensure(total === 50, `50 increments gave ${total}`)
      })
    ),
    behaviour(
      "a write of another fiber does not become part of the transaction",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const written = yield* Deferred.make<void>()
        const fail = yield* Deferred.make<void, string>()
        const first = yield* Effect.fork(
          writeTransaction(Effect.all([add("a"), Deferred.succeed(written, undefined), Deferred.await(fail)]))
        )
        yield* Deferred.await(written)
        const second = yield* Effect.fork(add("b"))
        yield* Effect.yieldNow()
        yield* Deferred.fail(fail, "no")
        yield* Effect.flip(Fiber.join(first))
        yield* Fiber.join(second)
        yield* hold("b")
      })
    ),
    behaviour(
      "an interrupted waiter leaves the turn to others",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const written = yield* Deferred.make<void>()
        const finish = yield* Deferred.make<void>()
        const first = yield* Effect.fork(
          writeTransaction(Effect.all([add("a"), Deferred.succeed(written, undefined), Deferred.await(finish)]))
        )
        yield* Deferred.await(written)
        const waiting = yield* Effect.fork(writeTransaction(add("b")))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(waiting)
        yield* Deferred.succeed(finish, undefined)
        yield* Fiber.join(first)
        yield* writeTransaction(add("c"))
        yield* hold("a,c")
      })
    ),
    behaviour(
      "a failed COMMIT takes all writes back and the next transaction is a new one",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const exit = yield* Effect.exit(writeTransaction(Effect.zipRight(add("a"), addOrphan("b"))))
        yield* ensure(Exit.isFailure(exit), "the failed COMMIT was taken for a good one")
        yield* hold("")
        yield* writeTransaction(add("c"))
        yield* Effect.flip(writeTransaction(Effect.zipRight(add("d"), Effect.fail("no"))))
        yield* hold("c")
      })
    ),
    behaviour(
      "a violated constraint is a defect, not a failure of the machine",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const exit = yield* Effect.exit(writeTransaction(Effect.zipRight(add("a"), add("a"))))
        yield* ensure(Exit.isFailure(exit) && exit.cause._tag === "Die", "it is not a defect")
        yield* hold("")
      })
    ),
    behaviour(
      "text and bytes come back as they were",
      Effect.gen(function*() {
        const { read, sql, writeTransaction } = yield* LocalDatabase
        const text = "naïve 🗻 \u0000 'quoted' \u{10FFFF}"
        const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256)
        yield* writeTransaction(sql`INSERT INTO item (name, content) VALUES (${text}, ${bytes})`)
        const [row] = yield* read(sql<{ readonly name: string; readonly content: Uint8Array }>`SELECT * FROM item`)
        yield* ensure(row?.name === text, "the text changed")
        yield* ensure(row?.content.every((byte, index) => byte === index % 256) === true, "the bytes changed")
      })
    ),
    behaviour(
      "a relaxed transaction is one like any other, and an inner one has the durability of the outer",
      Effect.gen(function*() {
        const { writeTransaction } = yield* LocalDatabase
        const inner = writeTransaction(add("a"), { durability: "durable" })
        yield* Effect.flip(writeTransaction(Effect.zipRight(inner, Effect.fail("no")), { durability: "relaxed" }))
        yield* hold("")
        yield* writeTransaction(inner, { durability: "relaxed" })
        yield* writeTransaction(add("b"))
        yield* hold("a,b")
      })
    ),
    ...clientCases,
    ...endedCases,
    ...readCases
  ]
}
