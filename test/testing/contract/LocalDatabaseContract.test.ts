import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Effect, Exit, Layer, Stream } from "effect"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteFailure from "../../../src/infrastructure/storage/local/SqliteFailure.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import { clientCases } from "../../../src/testing/contract/LocalDatabaseClientCases.ts"
import * as LocalDatabaseContract from "../../../src/testing/contract/LocalDatabaseContract.ts"
import { endedCases } from "../../../src/testing/contract/LocalDatabaseEndedCases.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof LocalDatabase.Service

const typed = SqliteFailure.typed({ store: "database", operation: "write" })

const broken = (change: (database: Service) => Partial<Service>) =>
  Layer.scoped(
    LocalDatabase,
    Effect.map(
      SqliteLocalDatabase.make({
        filename: ":memory:",
        migrations: [LocalDatabaseContract.migration],
        live: ["item"]
      }),
      (database) => LocalDatabase.of({ ...database, ...change(database) })
    )
  )

/** The driver's own client and transactions. */
const driver = Layer.scoped(
  LocalDatabase,
  Effect.gen(function*() {
    const reactivity = yield* Reactivity.make
    const sql = yield* Effect.provideService(
      SqliteClient.make({ filename: ":memory:" }),
      Reactivity.Reactivity,
      reactivity
    )
    yield* sql`PRAGMA foreign_keys = ON`
    yield* LocalDatabaseContract.migration.run(sql)
    return LocalDatabase.of({
      sql,
      read: typed,
      readSnapshot: typed,
      writeTransaction: (writes) => typed(sql.withTransaction(writes)),
      live: () => Stream.never
    })
  })
)

bites(
  { ...LocalDatabaseContract.contract, cases: endedCases },
  "goes on after an error that ended its transaction",
  driver
)

bites(LocalDatabaseContract.contract, "does not open a transaction", broken(() => ({ writeTransaction: typed })))

bites(
  { ...LocalDatabaseContract.contract, cases: clientCases.slice(0, 1) },
  "leaves the connection inside the transaction after its client's failed COMMIT",
  driver
)

/** BEGIN and COMMIT, and nothing for when one of them fails. */
const careless = broken(({ sql }) => {
  const transact: Service["sql"]["withTransaction"] = (writes) =>
    Effect.acquireUseRelease(
      Effect.orDie(sql`BEGIN`),
      () => writes,
      (_, exit) => Effect.orDie(Exit.isSuccess(exit) ? sql`COMMIT` : sql`ROLLBACK`)
    )
  return { writeTransaction: (writes) => typed(transact(writes)) }
})

bites(
  LocalDatabaseContract.contract,
  "leaves the connection inside the transaction after a failed COMMIT",
  careless
)

bites(
  { ...LocalDatabaseContract.contract, cases: clientCases.slice(2) },
  "stays in a transaction that was left open",
  careless
)

bites(
  LocalDatabaseContract.contract,
  "commits what was interrupted",
  broken(({ writeTransaction }) => ({ writeTransaction: (writes) => writeTransaction(Effect.uninterruptible(writes)) }))
)

bites(
  LocalDatabaseContract.contract,
  "commits each nested transaction for itself",
  broken(({ sql, writeTransaction }) => ({
    writeTransaction: (writes) =>
      Effect.flatMap(
        Effect.exit(writeTransaction(writes)),
        (exit) => Effect.zipRight(Effect.ignore(sql`COMMIT`), Effect.zipRight(Effect.ignore(sql`BEGIN`), exit))
      )
  }))
)

bites(
  LocalDatabaseContract.contract,
  "reads whatever is committed at the moment",
  broken(({ read }) => ({ readSnapshot: read }))
)

bites(
  LocalDatabaseContract.contract,
  "lets a snapshot write",
  broken(({ writeTransaction }) => ({ readSnapshot: (reads) => writeTransaction(reads) }))
)

bites(
  LocalDatabaseContract.contract,
  "keeps the turn of a snapshot that failed",
  broken(({ readSnapshot }) => {
    let failed = false
    return {
      readSnapshot: (reads) =>
        Effect.suspend(() =>
          failed ? Effect.never : Effect.onError(readSnapshot(reads), () => Effect.sync(() => void (failed = true)))
        )
    }
  })
)

bites(
  LocalDatabaseContract.contract,
  "gives a live query once",
  broken(({ live }) => ({ live: (tables, reads) => Stream.take(live(tables, reads), 1) }))
)

bites(
  LocalDatabaseContract.contract,
  "gives a live query again when nothing of it changed",
  broken(({ live }) => ({
    live: (tables, reads) => Stream.flatMap(live(tables, reads), (value) => Stream.make(value, value))
  }))
)

bites(
  LocalDatabaseContract.contract,
  "gives what a live query was, not what it is",
  broken(({ live, readSnapshot }) => ({
    live: (tables, reads) =>
      Stream.unwrap(Effect.map(readSnapshot(reads), (first) => Stream.map(live(tables, reads), () => first)))
  }))
)

bites(
  LocalDatabaseContract.contract,
  "commits a relaxed transaction though it failed",
  broken(({ writeTransaction }) => ({
    writeTransaction: (writes, options) =>
      options?.durability === "relaxed"
        ? typed(Effect.flatten(writeTransaction(Effect.exit(writes), options)))
        : writeTransaction(writes, options)
  }))
)
