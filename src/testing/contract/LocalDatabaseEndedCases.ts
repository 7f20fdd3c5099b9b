/**
 * What `LocalDatabase` says of transactions that SQLite ends by itself.
 */
import { Effect, Exit } from "effect"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"
import { ensure } from "../Contract.ts"
import { add, behaviour, hold } from "./LocalDatabaseSubject.ts"

/** Leaves room for a few rows, for as long as `use` runs. */
const nearlyFull = <A, E, R>(use: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const { sql } = yield* LocalDatabase
    const [row] = yield* sql<{ readonly page_count: number }>`PRAGMA page_count`
    // While it is prepared: a statement that was kept would do nothing.
    const limit = (pages: number) => sql.unsafe(`PRAGMA max_page_count = ${pages}`).unprepared
    return yield* Effect.acquireUseRelease(
      limit((row?.page_count ?? 0) + 3),
      () => use,
      () => Effect.orDie(limit(0xFFFFFFFE))
    )
  })

/** In a table where SQLite takes back more than the statement. */
const addTooMuch = Effect.flatMap(LocalDatabase, ({ sql }) => sql`INSERT INTO filler VALUES (zeroblob(100000))`)

export const endedCases = [
  behaviour(
    "a full disk that was caught inside a transaction ends it: nothing of it stays, and it fails with Full",
    Effect.gen(function*() {
      const { writeTransaction } = yield* LocalDatabase
      const caught = [
        Effect.ignore(addTooMuch),
        Effect.ignore(writeTransaction(addTooMuch)),
        Effect.zipRight(Effect.ignore(addTooMuch), Effect.ignore(add("b")))
      ]
      for (const writes of caught) {
        const exit = yield* nearlyFull(Effect.exit(writeTransaction(Effect.zipRight(add("a"), writes))))
        const isFull = Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag === "Full"
        yield* ensure(isFull, "it does not fail with Full")
        yield* hold("")
      }
      yield* writeTransaction(add("c"))
      yield* hold("c")
    })
  ),
  behaviour(
    "a statement that rolls its transaction back ends it, also when its failure was caught",
    Effect.gen(function*() {
      const { sql, writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(add("a"))
      const again = Effect.exit(sql`INSERT OR ROLLBACK INTO item (name) VALUES ('a')`)
      const exit = yield* Effect.exit(writeTransaction(Effect.all([add("b"), again, Effect.exit(add("c"))])))
      yield* ensure(Exit.isFailure(exit), "it succeeds")
      yield* hold("a")
    })
  ),
  behaviour(
    "a violated constraint that was caught leaves the transaction as it was",
    Effect.gen(function*() {
      const { writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(Effect.all([add("a"), Effect.exit(add("a")), add("b")]))
      yield* hold("a,b")
    })
  )
]
