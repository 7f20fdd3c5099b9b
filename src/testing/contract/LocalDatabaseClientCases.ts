/**
 * What `LocalDatabase` says of its client's own transactions, which libraries use.
 */
import { Effect, Exit } from "effect"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import { ensure } from "../Contract.ts"
import { add, addOrphan, behaviour, hold } from "./LocalDatabaseSubject.ts"

export const clientCases = [
  behaviour(
    "sql.withTransaction leaves nothing behind when its COMMIT fails, and what comes next is kept",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      const exit = yield* Effect.exit(sql.withTransaction(Effect.zipRight(add("a"), addOrphan("b"))))
      yield* ensure(Exit.isFailure(exit), "the failed COMMIT was taken for a good one")
      yield* hold("")
      yield* writeTransaction(add("c"))
      yield* sql.withTransaction(add("d"))
      yield* Effect.flip(writeTransaction(Effect.zipRight(add("e"), Effect.fail("no"))))
      yield* hold("c,d")
    })
  ),
  behaviour(
    "sql.withTransaction inside a transaction is undone alone when it fails, and with it when that does",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      const failing = (name: string) =>
        Effect.ignore(sql.withTransaction(Effect.zipRight(add(name), Effect.fail("no"))))
      yield* writeTransaction(
        Effect.all([add("a"), failing("b"), sql.withTransaction(Effect.zipRight(add("c"), failing("d")))])
      )
      yield* hold("a,c")
      yield* Effect.flip(writeTransaction(Effect.zipRight(sql.withTransaction(add("e")), Effect.fail("no"))))
      yield* hold("a,c")
    })
  ),
  behaviour(
    "a transaction that somebody left open costs one failure",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(add("a"))
      yield* sql`BEGIN`
      yield* Effect.exit(writeTransaction(add("b")))
      yield* Effect.exit(writeTransaction(add("c")))
      yield* Effect.ignore(sql`ROLLBACK`)
      yield* hold("a,c")
    })
  )
]
