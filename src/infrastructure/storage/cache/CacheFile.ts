/**
 * The files of one cache: `cache.v1.<n>.db`, of which the file `cache.v1` names the one in use. A file that cannot be
 * believed is never repaired, emptied or removed under those who have it open: the next one takes its place, and it goes
 * when nobody uses it.
 */
import { Effect, Option, Schedule } from "effect"
import type { Scope } from "effect"
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import { Busy } from "../../../domain/storage/StorageFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as SqliteFailure from "../local/SqliteFailure.ts"
import { layout } from "./EntrySchema.ts"
import * as UseLock from "./UseLock.ts"

/** Why a file is replaced. */
export type Reason = "damaged" | "discarded"

/** The copy that is kept of a damaged file is for whoever wants to know why, not a second cache. */
const largestCopy = 64 * 1024 * 1024

const file = <A>(operation: string, act: () => A) =>
  Effect.try({ try: act, catch: (cause) => SqliteFailure.fromOpening(cause, { store: "cache", operation }) })

const suffixes = ["", "-wal", "-shm"]

const removeDatabase = (filename: string) => {
  for (const suffix of suffixes) fs.rmSync(filename + suffix, { force: true })
}

/** `name` is the cache as its user knows it, such as `cache.db`. */
export const make = (name: string) => {
  const folder = dirname(name)
  const stem = `${basename(name).replace(/\.db$/, "")}.v${layout}`
  const pointer = join(folder, stem)
  const filename = (n: number) => join(folder, `${stem}.${n}.db`)
  const lock = (n: number) => join(folder, `${stem}.${n}.lock`)
  const mark = (n: number, reason: Reason) => join(folder, `${stem}.${n}.${reason}`)

  const read = () => {
    try {
      const n = Number.parseInt(fs.readFileSync(pointer, "utf8"), 10)
      return Number.isSafeInteger(n) && n > 0 ? n : 1
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return 1
      throw cause
    }
  }

  const write = (n: number) => {
    const fresh = `${pointer}.new`
    fs.writeFileSync(fresh, `${n}\n`, { mode: 0o600 })
    fs.renameSync(fresh, pointer)
  }

  /** What others do under this lock is done in a moment. */
  const alone = <A>(act: () => A) =>
    Effect.scoped(Effect.zipRight(
      UseLock.exclude(`${pointer}.lock`).pipe(
        Effect.filterOrFail(Option.isSome, () => new Busy({ store: "cache", operation: "replace" })),
        Effect.retry({
          schedule: Schedule.intersect(Schedule.spaced("10 millis"), Schedule.recurs(100)),
          while: ({ _tag }) => _tag === "Busy"
        })
      ),
      file("replace", act)
    ))

  const current = file("open", read)

  /** One that is gone, or was never there, may also have been used by nobody: its lock file stays for the next look. */
  const removeUnused = (n: number) =>
    Effect.scoped(Effect.gen(function*() {
      if (Option.isNone(yield* UseLock.exclude(lock(n)))) return
      yield* file("remove", () => {
        const size = fs.statSync(filename(n), { throwIfNoEntry: false })?.size ?? 0
        if (fs.existsSync(mark(n, "damaged")) && size > 0 && size <= largestCopy) {
          fs.renameSync(filename(n), join(folder, `${stem}.damaged`))
        }
        removeDatabase(filename(n))
        for (const reason of ["damaged", "discarded"] as const) fs.rmSync(mark(n, reason), { force: true })
        fs.rmSync(lock(n), { force: true })
      })
    }))

  const numbers = () =>
    fs.readdirSync(folder).flatMap((each) => {
      if (!each.startsWith(`${stem}.`) || !each.endsWith(".db")) return []
      const n = Number(each.slice(stem.length + 1, -".db".length))
      return Number.isSafeInteger(n) ? [n] : []
    })

  return {
    filename,
    current,

    /** Changes with every replacement; absent before the first. Cheap. */
    stamp: Effect.sync(() => {
      const stats = fs.statSync(pointer, { throwIfNoEntry: false })
      // A new file may have the inode of one that is gone.
      return stats && `${stats.ino} ${stats.mtimeMs}`
    }),

    /** Another one when `n` was removed and made again; absent when it is only removed. Cheap. */
    identity: (n: number) =>
      Effect.sync(() => {
        const stats = fs.statSync(filename(n), { throwIfNoEntry: false })
        return stats && `${stats.dev} ${stats.ino}`
      }),

    /** Until the scope closes the file stays. Fails with `Busy` when it is just being removed. */
    use: (n: number): Effect.Effect<void, StorageFailure, Scope.Scope> =>
      Effect.asVoid(Effect.filterOrFail(
        Effect.zipRight(
          file("open", () => fs.mkdirSync(folder, { recursive: true, mode: 0o700 })),
          UseLock.share(lock(n))
        ),
        Option.isSome,
        () => new Busy({ store: "cache", operation: "open" })
      )),

    isDiscarded: (n: number) => file("open", () => fs.existsSync(mark(n, "discarded"))),

    /** The next process that opens `n` does not believe it; neither does anybody when no mark can be made. */
    discard: (n: number) =>
      Effect.orElse(
        file("discard", () => fs.closeSync(fs.openSync(mark(n, "discarded"), "w", 0o600))),
        () => file("discard", () => fs.renameSync(filename(n), mark(n, "discarded")))
      ),

    /** Whether it was this process that did: another one may have been first. */
    replace: (n: number, reason: Reason) =>
      alone(() => {
        if (read() !== n) return false
        if (reason === "damaged") fs.closeSync(fs.openSync(mark(n, reason), "w", 0o600))
        write(n + 1)
        return true
      }),

    /** Removes the files that are not in use any more. */
    removeOld: Effect.flatMap(
      file("remove", () => [read(), numbers()] as const),
      ([now, all]) => Effect.forEach(all.filter((n) => n < now), removeUnused, { discard: true })
    ),

    /**
     * The cache of the release before file layouts: removed when nobody has it open, which only SQLite can tell. Where
     * it is in use it is left to the next start.
     */
    removeUnlayered: Effect.gen(function*() {
      if (!(yield* file("remove", () => fs.existsSync(name)))) return
      // What is no database is of no use to that release either.
      const unused = Effect.catchTag(UseLock.exclude(name), "Corrupt", () => Effect.succeedSome(undefined))
      if (Option.isNone(yield* unused)) return
      yield* file("remove", () => {
        for (const each of [name, `${name}.damaged`]) removeDatabase(each)
        fs.rmSync(`${name}.discard`, { force: true })
      })
    }).pipe(Effect.scoped)
  }
}

export type CacheFile = ReturnType<typeof make>
