/**
 * A file that is replaced as a whole: after a crash at any moment it holds either the old content or the new. Where that
 * is asked for, the previous content is kept beside it as `<file>.bak`.
 */
import type { PlatformError, SystemErrorReason } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import type { Option } from "effect"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as FileFailure from "./FileFailure.ts"

/** Makes a change of names in `folder` durable. */
export const syncFolder = (folder: string) =>
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) =>
      Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (handle) => handle.sync)).pipe(
        Effect.catchIf(FileFailure.isUnsupported, () => Effect.void)
      )
  )

/** Writes `content` to a new file that only its owner may read. Fails when there is one already. */
export const create = (file: string, content: Uint8Array) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    Effect.scoped(Effect.gen(function*() {
      const handle = yield* fs.open(file, { flag: "wx", mode: 0o600 })
      yield* handle.writeAll(content)
      yield* handle.sync
    })))

export interface Options {
  readonly file: string
  /** The store as the person knows it, for failures. */
  readonly store: string
}

/**
 * What becomes of the content that was there: `keep` it as `.bak`, `forget` it (`.bak` is the new content then, for
 * content that must not be used again), or leave `.bak` as it is.
 */
export type Previous = "keep" | "forget" | "leave"

const when = (reason: SystemErrorReason) => (error: PlatformError) =>
  error._tag === "SystemError" && error.reason === reason

/** `write` and `sweep` need the caller to exclude every other writer; readers need no lock. */
export const make = ({ file, store }: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const context = yield* Effect.context<FileSystem.FileSystem>()
    const folder = path.dirname(file)
    const temporary = `${file}.tmp`
    const backup = `${file}.bak`
    const newBackup = `${file}.bak.tmp`

    const removeFile = (name: string) => fs.remove(name, { force: true })

    /** Only a writer that was killed leaves such a file, since writers exclude each other. */
    const afresh = <A, R>(name: string, effect: Effect.Effect<A, PlatformError, R>) =>
      Effect.catchIf(effect, when("AlreadyExists"), () => Effect.zipRight(removeFile(name), effect))

    const createTemporary = (content: Uint8Array) => {
      const attempt = afresh(temporary, create(temporary, content))
      return Effect.catchIf(attempt, when("NotFound"), () =>
        Effect.zipRight(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }), attempt))
    }

    const copy = (name: string) =>
      Effect.flatMap(fs.readFile(name), (content) =>
        create(newBackup, content))

    /** A second name of the file, so that its own never stands for nothing; a copy where that is impossible. */
    const link = (name: string) =>
      fs.link(name, newBackup).pipe(
        Effect.catchIf(FileFailure.isLinkUnsupported, () => copy(name)),
        (attempt) => afresh(newBackup, attempt),
        Effect.as(true),
        Effect.catchIf(when("NotFound"), () => Effect.succeed(false))
      )

    /** Where both are names of one file, as after `forget`, POSIX has `rename` do nothing at all. */
    const replaceBackup = (linked: boolean) =>
      linked ? Effect.zipRight(fs.rename(newBackup, backup), removeFile(newBackup)) : Effect.void

    const replace = Effect.fnUntraced(function*(content: Uint8Array, previous: Previous) {
      const [linked] = yield* Effect.all(
        [previous === "keep" ? link(file) : Effect.succeed(false), createTemporary(content)],
        { concurrency: 2 }
      )
      yield* replaceBackup(linked)
      // First of all, and durably: once the file is the new one, nothing holds what is to be forgotten.
      if (previous === "forget") {
        yield* Effect.flatMap(link(temporary), replaceBackup)
        yield* syncFolder(folder)
      }
      yield* fs.rename(temporary, file)
      yield* syncFolder(folder)
    }, Effect.provide(context))

    const sweep = Effect.all([removeFile(temporary), removeFile(newBackup)], { discard: true })

    const read = (name: string): Effect.Effect<Option.Option<Uint8Array>, StorageFailure> =>
      fs.readFile(name).pipe(
        Effect.asSome,
        Effect.catchIf(when("NotFound"), () => Effect.succeedNone),
        Effect.mapError(FileFailure.reading(store, "read"))
      )

    return {
      /** `none` when there is no file. */
      read: read(file),

      /** What `.bak` holds. */
      readPrevious: read(backup),

      /** The names that writing goes through, for who looks for what a killed writer left. */
      temporaries: [temporary, newBackup],

      backup,

      /** Removes what a killed writer left behind. */
      sweep: Effect.mapError(sweep, FileFailure.writing(store, "write")),

      /** Creates the folder where necessary. Durable when it returns, and not interruptible. */
      write: (content: Uint8Array, previous: Previous = "leave") =>
        replace(content, previous).pipe(
          Effect.onError(() => Effect.ignore(sweep)),
          Effect.mapError(FileFailure.writing(store, "write")),
          Effect.uninterruptible
        ),

      /** Gives the file a second, new name and gives that back; the file stays where it is. */
      setAside: (suffix: string) => {
        const attempt = (count: number): Effect.Effect<string, PlatformError> => {
          const name = `${file}.${suffix}${count === 0 ? "" : `-${count}`}`
          return fs.link(file, name).pipe(
            Effect.catchIf(
              FileFailure.isLinkUnsupported,
              () => Effect.flatMap(fs.readFile(file), (content) => Effect.provide(create(name, content), context))
            ),
            Effect.as(name),
            Effect.catchIf(
              (error) => when("AlreadyExists")(error) && count < 100,
              () => attempt(count + 1)
            )
          )
        }
        return attempt(0).pipe(
          Effect.tap(() => Effect.provide(syncFolder(folder), context)),
          Effect.mapError(FileFailure.writing(store, "set aside")),
          Effect.uninterruptible
        )
      }
    }
  })

export type DurableFile = Effect.Effect.Success<ReturnType<typeof make>>
