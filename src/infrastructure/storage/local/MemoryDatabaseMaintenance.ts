/**
 * `DatabaseMaintenance` of databases that are values in memory, by the paths they would have on a disk.
 */
import { Clock, Effect, Layer, Option } from "effect"
import {
  AlreadyThere,
  DatabaseMaintenance,
  DatabaseReport,
  InvalidBackup,
  NoDatabase
} from "../../../domain/operations/DatabaseMaintenance.ts"
import { Busy, Corrupt, NewerThanApp } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"

export interface MemoryDatabase {
  /** The last migration it has; 0 is no database of this application. */
  readonly version: number
  readonly content: string
  readonly problems: ReadonlyArray<string>
}

export interface Options {
  /** Where the database is; `memory/strata.db` unless told. */
  readonly location?: string
  /** The last migration that the application knows; 1 unless told. */
  readonly knownVersion?: number
  /** What is where, changed in place; nothing unless told. */
  readonly files?: Map<string, MemoryDatabase>
  /** Whether somebody has the database open; nobody unless told. */
  readonly isInUse?: Effect.Effect<boolean>
}

const store = "database"

const invalid = (problem: string) => new InvalidBackup({ problem })

export const make = (options: Options = {}) =>
  Effect.sync(() => {
    const { files = new Map(), isInUse = Effect.succeed(false), knownVersion = 1, location = "memory/strata.db" } =
      options

    const check = Effect.sync(() => {
      const found = files.get(location)
      const problems = found?.problems ?? []
      return new DatabaseReport({
        location,
        exists: found !== undefined,
        bytes: found?.content.length ?? 0,
        version: found?.version ?? 0,
        knownVersion,
        problems,
        advice: [
          ...(problems.length === 0 ? [] : ["Restore the last backup"]),
          ...((found?.version ?? 0) > knownVersion ? ["Install the version that wrote it, or a newer one"] : [])
        ]
      })
    })

    const backup = (path: string) =>
      Effect.gen(function*() {
        if (files.has(path)) return yield* new AlreadyThere({ path })
        const found = files.get(location)
        if (found === undefined) return yield* new NoDatabase({ location })
        if (found.problems.length > 0) return yield* new Corrupt({ store, operation: "backup" })
        files.set(path, found)
        return found.content.length
      })

    const judge = (path: string, copy: MemoryDatabase | undefined) => {
      if (copy === undefined) return invalid("there is no such file")
      if (path === location) return invalid("it is the database itself")
      if (copy.problems.length > 0) return invalid("it is damaged")
      if (copy.version === 0) return invalid("it is the database of another program")
      return copy.version > knownVersion
        ? new NewerThanApp({ store: "backup", operation: "restore" })
        : Effect.succeed(copy)
    }

    const setAside = (operation: string, label: string): Effect.Effect<Option.Option<string>, StorageFailure> =>
      Effect.gen(function*() {
        const found = files.get(location)
        if (found === undefined) return Option.none()
        if (yield* isInUse) return yield* new Busy({ store, operation })
        const now = yield* Clock.currentTimeMillis
        let name = `${location}.${label}-${now}`
        for (let count = 2; files.has(name); count++) name = `${location}.${label}-${now}-${count}`
        files.set(name, found)
        files.delete(location)
        return Option.some(name)
      })

    const restore = (path: string) =>
      Effect.gen(function*() {
        const copy = yield* judge(path, files.get(path))
        const previous = yield* setAside("restore", "previous")
        files.set(location, copy)
        return { previous }
      })

    return DatabaseMaintenance.of({ check, backup, restore, quarantine: setAside("quarantine", "damaged") })
  })

/** For applications and tests whose database is in memory: there is nothing to look after until `files` holds some. */
export const layer = (options?: Options): Layer.Layer<DatabaseMaintenance> =>
  Layer.effect(DatabaseMaintenance, make(options))
