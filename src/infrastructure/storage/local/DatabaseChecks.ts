/**
 * What `doctor` says about SQLite and its files. Files are opened for reading only.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as fsPromises from "node:fs/promises"
import { Check } from "../../../domain/operations/Check.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import type { Probe } from "../../telemetry/diagnostics/CollectedDiagnostics.ts"
import * as DatabaseFiles from "./DatabaseFiles.ts"
import * as DatabaseProcess from "./DatabaseProcess.ts"
import * as SqliteFailure from "./SqliteFailure.ts"

/** Doctor waits five seconds for an answer; a gibibyte takes about two. */
const largestChecked = 1024 * 1024 * 1024

const littleSpace = 100 * 1024 * 1024

const mebibytes = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`

const inMemory = Effect.gen(function*() {
  const reactivity = yield* Reactivity.make
  return yield* SqliteClient.make({ filename: ":memory:", disableWAL: true }).pipe(
    Effect.provideService(Reactivity.Reactivity, reactivity),
    Effect.catchAllDefect((cause) =>
      Effect.fail(SqliteFailure.fromOpening(cause, { store: ":memory:", operation: "open" }))
    )
  )
})

/** The native driver loads. Package managers that run no install scripts leave it unbuilt. */
export const driver: Probe = {
  name: "SQLite",
  check: Effect.scoped(Effect.flatMap(inMemory, (sql) => sql`SELECT sqlite_version() AS version`)).pipe(
    Effect.withTracerEnabled(false),
    Effect.match({
      onSuccess: ([row]) => new Check({ name: "SQLite", status: "ok", detail: String(row?.["version"]) }),
      onFailure: () =>
        new Check({
          name: "SQLite",
          status: "failed",
          detail: "The native driver does not load",
          fix:
            "Add \"allowScripts\": { \"better-sqlite3\": true } to the package.json of your application, then reinstall"
        })
    })
  )
}

export interface FileOptions {
  /** An effect where which file it is has to be looked up. */
  readonly filename: string | Effect.Effect<string, StorageFailure>
  /** The file as the user knows it. */
  readonly store: string
  /** What to do about a damaged one. */
  readonly whenDamaged: Pick<Check, "status" | "fix">
}

/** The file opens and its pages fit together. Others may be using it. */
export const file = ({ filename, store, whenDamaged }: FileOptions): Probe => {
  const place = { store, operation: "check" }
  const look = Effect.gen(function*() {
    const path = typeof filename === "string" ? filename : yield* filename
    const bytes = Option.getOrUndefined(yield* DatabaseFiles.make(place).size(path))
    if (bytes === undefined) return new Check({ name: store, status: "ok", detail: "Not there yet" })
    const isLarge = bytes > largestChecked
    const { problems } = yield* Effect.mapError(
      DatabaseProcess.inspect(path, isLarge ? "schema" : "quick_check", 0),
      ({ cause }) => SqliteFailure.fromOpening(cause, place)
    )
    const [first] = problems
    if (first !== undefined) return new Check({ name: store, ...whenDamaged, detail: `It is damaged: ${first}` })
    const found = isLarge ? "Opens, too large to look at every page" : "Opens, and its pages are sound"
    return new Check({ name: store, status: "ok", detail: `${found} (${mebibytes(bytes)})` })
  })
  return {
    name: store,
    check: look.pipe(
      Effect.withTracerEnabled(false),
      Effect.catchAll(({ _tag }) =>
        Effect.succeed(new Check({ name: store, status: "failed", detail: `It does not open (${_tag})` }))
      )
    )
  }
}

/** The folder can be written and has space. */
export const folder = (path: string, name: string): Probe => {
  const look = Effect.tryPromise({
    try: async () => {
      await fsPromises.access(path, fs.constants.W_OK)
      const { bavail, bsize } = await fsPromises.statfs(path)
      return bavail * bsize
    },
    catch: (cause) => SqliteFailure.fromOpening(cause, { store: name, operation: "check" })
  })
  return {
    name,
    check: Effect.match(look, {
      onSuccess: (free) =>
        free < littleSpace
          ? new Check({
            name,
            status: "warning",
            detail: `${mebibytes(free)} free`,
            fix: "Free some space on its disk"
          })
          : new Check({ name, status: "ok", detail: `Writable, ${mebibytes(free)} free` }),
      onFailure: ({ _tag, cause }) =>
        (cause as NodeJS.ErrnoException).code === "ENOENT"
          ? new Check({ name, status: "ok", detail: "Not there yet" })
          : new Check({
            name,
            status: "failed",
            detail: `It cannot be written (${_tag})`,
            fix: "Give yourself the right to write it, or choose another folder with STRATA_HOME"
          })
    })
  }
}
