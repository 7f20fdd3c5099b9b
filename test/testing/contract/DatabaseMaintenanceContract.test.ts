import { Effect, Layer, Option } from "effect"
import { DatabaseMaintenance, DatabaseReport } from "../../../src/domain/operations/DatabaseMaintenance.ts"
import { Corrupt } from "../../../src/domain/storage/StorageFailure.ts"
import type { MemoryDatabase } from "../../../src/infrastructure/storage/local/MemoryDatabaseMaintenance.ts"
import { contract } from "../../../src/testing/contract/DatabaseMaintenanceContract.ts"
import { bites } from "../../../src/testing/vitest.ts"
import { adapterUnderTest, location } from "../../infrastructure/storage/local/MemoryDatabaseUnderTest.ts"

type Service = typeof DatabaseMaintenance.Service

/** The adapter in memory with some methods replaced. */
const broken = (change: (maintenance: Service, files: Map<string, MemoryDatabase>) => Partial<Service>) =>
  adapterUnderTest((adapter, files) =>
    Layer.effect(
      DatabaseMaintenance,
      Effect.map(DatabaseMaintenance, (sound) => ({ ...sound, ...change(sound, files) }))
    ).pipe(Layer.provide(adapter))
  )

const empty: MemoryDatabase = { version: 1, content: "", problems: [] }

bites(
  contract,
  "makes a copy of nothing",
  broken(({ backup }, files) => ({
    backup: (path) => Effect.tap(backup(path), () => Effect.sync(() => files.set(path, empty)))
  }))
)

bites(
  contract,
  "overwrites a copy",
  broken(({ backup }, files) => ({
    backup: (path) => Effect.zipRight(Effect.sync(() => files.delete(path)), backup(path))
  }))
)

bites(
  contract,
  "puts anything in place of a database that is in use",
  broken((_, files) => ({
    restore: (path) =>
      Effect.sync(() => {
        const previous = Option.map(Option.fromNullable(files.get(location)), (found) => {
          files.set("previous", found)
          return "previous"
        })
        files.set(location, files.get(path) ?? empty)
        return { previous }
      })
  }))
)

bites(
  contract,
  "forgets what was there before",
  broken(({ restore }) => ({ restore: (path) => Effect.as(restore(path), { previous: Option.none() }) }))
)

bites(
  contract,
  "finds nothing wrong with any file",
  broken(({ check }) => ({
    check: Effect.map(check, (report) => new DatabaseReport({ ...report, problems: [], advice: [] }))
  }))
)

bites(
  contract,
  "fails when it finds something",
  broken(({ check }) => ({
    check: Effect.filterOrFail(
      check,
      ({ problems }) => problems.length === 0,
      () => new Corrupt({ store: "database", operation: "check" })
    )
  }))
)

bites(
  contract,
  "moves a database that is in use",
  broken((_, files) => ({
    quarantine: Effect.sync(() => {
      const found = files.get(location)
      if (found === undefined) return Option.none()
      files.set("moved", found)
      files.delete(location)
      return Option.some("moved")
    })
  }))
)

bites(contract, "sets nothing aside", broken(() => ({ quarantine: Effect.succeedNone })))
