/**
 * The copy of a database that is made before a migration destroys something, beside it: `data.db.before-migration-2-...`
 * holds the steps before 2. The newest two are kept.
 */
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Effect } from "effect"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as DatabaseFiles from "./DatabaseFiles.ts"
import * as SqliteFile from "./SqliteFile.ts"

export interface Options {
  /** `:memory:` has nobody's data. */
  readonly filename: string
  readonly store: string
}

const kept = 2

/** Ends in the time in milliseconds. */
const pattern = /\.before-migration-\d+-(\d+)$/

const timeOf = (name: string) => Number(pattern.exec(name)?.[1])

const prune = async (filename: string) => {
  const folder = dirname(filename)
  const names = await fs.readdir(folder)
  const copies = names
    .filter((name) => name.startsWith(`${basename(filename)}.`) && pattern.test(name))
    .toSorted((a, b) => timeOf(b) - timeOf(a))
  await Promise.all(copies.slice(kept).map((name) => fs.rm(join(folder, name), { force: true })))
}

/**
 * `id` is the migration that is to come, whose transaction has begun and has written nothing: it keeps other writers out,
 * and another connection copies what is committed. Blocks the event loop for as long as the copying takes.
 */
export const make = ({ filename, store }: Options) => (id: number): Effect.Effect<void, StorageFailure | SqlError> => {
  if (filename === ":memory:") return Effect.void
  const place = { store, operation: "backup" }
  const files = DatabaseFiles.make(place)
  return Effect.scoped(Effect.gen(function*() {
    const copy = yield* files.temporary(filename)
    const reader = yield* SqliteFile.openReader({ filename, store })
    yield* reader.execute("VACUUM INTO ?", [copy], undefined)
    yield* files.sync(copy)
    const now = yield* Clock.currentTimeMillis
    yield* files.publish(copy, `${filename}.before-migration-${id}-${now}`)
    // A copy too many harms nobody.
    yield* Effect.ignore(Effect.tryPromise(() => prune(filename)))
  }))
}
