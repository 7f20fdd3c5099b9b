import { Effect, Layer } from "effect"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteFailure from "../../../src/infrastructure/storage/local/SqliteFailure.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as LocalDatabaseContract from "../../../src/testing/contract/LocalDatabaseContract.ts"
import { bites } from "../../../src/testing/vitest.ts"

type Service = typeof LocalDatabase.Service

const typed = SqliteFailure.typed({ store: "database", operation: "write" })

const broken = (change: (database: Service) => Partial<Service>) =>
  Layer.scoped(
    LocalDatabase,
    Effect.map(
      SqliteLocalDatabase.make({ filename: ":memory:", migrations: [] }),
      (database) => LocalDatabase.of({ ...database, ...change(database) })
    )
  )

bites(LocalDatabaseContract.contract, "does not open a transaction", broken(() => ({ writeTransaction: typed })))

bites(
  LocalDatabaseContract.contract,
  "leaves the connection inside the transaction after a failed COMMIT",
  broken(({ sql }) => ({ writeTransaction: (writes) => typed(sql.withTransaction(writes)) }))
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
