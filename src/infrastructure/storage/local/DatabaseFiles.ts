/**
 * The files that a SQLite database is made of, moved about without losing one: what a crash leaves is the old names, the
 * new ones, or both. The database itself is never opened here: closing any descriptor of a file drops all POSIX locks
 * that this process has on it.
 */
import { Clock, DateTime, Effect, Option, Predicate } from "effect"
import type { Scope } from "effect"
import { randomUUID } from "node:crypto"
import { constants, existsSync } from "node:fs"
import * as fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as SqliteFailure from "./SqliteFailure.ts"
import type { Place } from "./SqliteFailure.ts"

/** What belongs to a database of that name; any of them beside another one is replayed into it. */
export const companions = ["-wal", "-shm", "-journal"] as const

const codeOf = (error: unknown) => Predicate.hasProperty(error, "code") ? String(error.code) : ""

const linkUnsupported = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]
const syncUnsupported = ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"]

const unless = (codes: ReadonlyArray<string>, otherwise: () => Promise<void> | void) => (error: unknown) => {
  if (codes.includes(codeOf(error))) return otherwise()
  throw error
}

const sync = async (path: string) => {
  const handle = await fs.open(path, "r")
  await handle.sync().finally(() => handle.close())
}

/** Makes a change of names in the folder of `file` durable, where the system can. */
const syncFolder = (file: string) => sync(dirname(file)).catch(unless(syncUnsupported, () => {}))

const removeAll = async (file: string) => {
  await Promise.all(["", ...companions].map((suffix) => fs.rm(file + suffix, { force: true })))
}

/** Half a copy that nobody has written to for so long is of a process that was killed. */
const abandonedMillis = 60 * 60 * 1000

const sweep = async (file: string, now: number) => {
  const isTemporary = (name: string) =>
    name.startsWith(`${basename(file)}.`) && /^\.[\da-f-]{36}\.tmp(-\w+)?$/.test(name.slice(basename(file).length))
  const names = (await fs.readdir(dirname(file))).filter(isTemporary)
  await Promise.all(names.map(async (name) => {
    const path = join(dirname(file), name)
    const written = await fs.stat(path).then(({ mtimeMs }) => mtimeMs, () => now)
    if (now - written > abandonedMillis) await fs.rm(path, { force: true })
  }))
}

/** A second name for the file; a copy where files have one name only. Fails when `to` is there. */
const keep = async (from: string, to: string) => {
  await fs.link(from, to).catch(unless(linkUnsupported, async () => {
    await fs.copyFile(from, to, constants.COPYFILE_EXCL)
    await sync(to)
  }))
}

export const make = (place: Place) => {
  const typed = <A>(run: () => Promise<A>): Effect.Effect<A, StorageFailure> =>
    Effect.tryPromise({ try: run, catch: (cause) => SqliteFailure.fromOpening(cause, place) })

  const freeName = (file: string, label: string) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const time = DateTime.formatIso(DateTime.unsafeMake(now)).replace(/[-:]|\.\d+/g, "")
      const base = `${file}.${label}-${time}`
      const taken = (name: string) => ["", ...companions].some((suffix) => existsSync(name + suffix))
      let name = base
      for (let count = 2; taken(name); count++) name = `${base}-${count}`
      return name
    })

  return {
    /** Bytes of the database and its log; `none` when there is no database. */
    size: (file: string) =>
      typed(async () => {
        const sizeOf = (path: string) =>
          fs.stat(path).then(({ size }) => Option.some(size), (error: unknown) => {
            if (codeOf(error) === "ENOENT") return Option.none<number>()
            throw error
          })
        const [size, log] = await Promise.all([sizeOf(file), sizeOf(`${file}-wal`)])
        return Option.map(size, (bytes) => bytes + Option.getOrElse(log, () => 0))
      }),

    /** Whether both names lead to one file. */
    isSame: (one: string, other: string) =>
      typed(async () => {
        const [a, b] = await Promise.all(
          [one, other].map((path) => fs.stat(path, { bigint: true }).catch(() => undefined))
        )
        return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
      }),

    /** An empty file beside `file` for its owner only, removed with the scope if it is still there. */
    temporary: (file: string): Effect.Effect<string, StorageFailure, Scope.Scope> => {
      const path = `${file}.${randomUUID()}.tmp`
      return Effect.acquireRelease(
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          typed(async () => {
            await fs.mkdir(dirname(file), { recursive: true, mode: 0o700 })
            await sweep(file, now)
            const handle = await fs.open(path, "wx", 0o600)
            await handle.close()
            return path
          })),
        () => Effect.ignore(typed(() => removeAll(path)))
      )
    },

    /** Makes the content of a file that no database has open durable. */
    sync: (file: string) => typed(() => sync(file)),

    /** Gives `from` the name `to` durably; `false` when that is taken. */
    publish: (from: string, to: string) =>
      typed(async () => {
        const isNew = await keep(from, to).then(() => true, (error: unknown) => {
          if (codeOf(error) === "EEXIST") return false
          throw error
        })
        if (isNew) await syncFolder(to)
        return isNew
      }),

    /**
     * Second names for whatever there is of the database, durably; gives the new name, if there was anything. One that
     * is `whole` in its first file keeps no other: what was in them would be offered to the next owner of the name.
     */
    keepAside: (file: string, label: string, isWhole: boolean) =>
      Effect.gen(function*() {
        const there = (isWhole ? [""] : ["", "-wal", "-journal"]).filter((suffix) => existsSync(file + suffix))
        const [first] = there
        if (first === undefined) return Option.none<string>()
        const name = yield* freeName(file, label)
        yield* typed(async () => {
          // oxlint-disable-next-line no-await-in-loop -- one after the other, so that a failure leaves nothing running
          for (const suffix of there) await keep(file + suffix, name + suffix)
          await syncFolder(file)
        })
        return Option.some(name + first)
      }),

    /** Puts `from` in place of the database, in one step. Nobody may have it open, and it must be kept aside. */
    replace: (from: string, file: string) =>
      typed(async () => {
        await Promise.all(companions.map((suffix) => fs.rm(file + suffix, { force: true })))
        await fs.rename(from, file)
        await syncFolder(file)
      }),

    /** Nobody may have the database open, and it must be kept aside. Without its first file the rest means nothing. */
    remove: (file: string) =>
      typed(async () => {
        await fs.rm(file, { force: true })
        await removeAll(file)
        await syncFolder(file)
      })
  }
}
