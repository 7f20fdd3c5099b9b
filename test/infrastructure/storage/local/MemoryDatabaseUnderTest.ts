import { Effect, Layer, Option } from "effect"
import type { DatabaseMaintenance } from "../../../../src/domain/operations/DatabaseMaintenance.ts"
import * as MemoryDatabaseMaintenance from "../../../../src/infrastructure/storage/local/MemoryDatabaseMaintenance.ts"
import type { MemoryDatabase } from "../../../../src/infrastructure/storage/local/MemoryDatabaseMaintenance.ts"
import { DatabaseUnderTest } from "../../../../src/testing/contract/DatabaseMaintenanceContract.ts"

export const location = "strata.db"

/** A database in memory with its maintenance, which `change` may break. */
export const adapterUnderTest = (
  change: (
    adapter: Layer.Layer<DatabaseMaintenance>,
    files: Map<string, MemoryDatabase>
  ) => Layer.Layer<DatabaseMaintenance> = (adapter) => adapter
) =>
  Layer.unwrapEffect(Effect.sync(() => {
    const files = new Map<string, MemoryDatabase>()
    let users = 0
    const put = (by: Partial<MemoryDatabase>) =>
      Effect.sync(() =>
        void files.set(location, { version: 1, content: "", problems: [], ...files.get(location), ...by })
      )
    const underTest = Layer.succeed(DatabaseUnderTest, {
      write: (content) => put({ content }),
      read: Effect.sync(() => Option.map(Option.fromNullable(files.get(location)), ({ content }) => content)),
      use: Effect.acquireRelease(Effect.sync(() => void users++), () => Effect.sync(() => void users--)),
      damage: put({ problems: ["broken"] }),
      upgrade: put({ version: 2 }),
      path: (name) => name,
      putRubbish: (path) => Effect.sync(() => void files.set(path, { version: 0, content: "?", problems: [] }))
    })
    const isInUse = Effect.sync(() => users > 0)
    return Layer.merge(change(MemoryDatabaseMaintenance.layer({ location, files, isInUse }), files), underTest)
  }))
