/**
 * A file that is replaced as a whole: after a crash at any moment it holds either the old content or the new.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
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

/** `write` needs the caller to exclude every other writer; readers need no lock. */
export const make = ({ file, store }: Options) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const context = yield* Effect.context<FileSystem.FileSystem>()
    const folder = path.dirname(file)
    const temporary = `${file}.tmp`

    const replace = Effect.fnUntraced(function*(content: Uint8Array) {
      yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
      // Only a writer that was killed leaves one, since writers exclude each other.
      yield* fs.remove(temporary, { force: true })
      yield* create(temporary, content)
      yield* fs.rename(temporary, file)
      yield* syncFolder(folder)
    }, Effect.provide(context))

    return {
      /** `none` when there is no file. */
      read: fs.readFile(file).pipe(
        Effect.asSome,
        Effect.catchIf(
          (error) => error._tag === "SystemError" && error.reason === "NotFound",
          () => Effect.succeed(Option.none<Uint8Array>())
        ),
        Effect.mapError(FileFailure.reading(store, "read"))
      ),

      /** Creates the folder where necessary. Durable when it returns, and not interruptible. */
      write: (content: Uint8Array) =>
        replace(content).pipe(
          Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true }))),
          Effect.mapError(FileFailure.writing(store, "write")),
          Effect.uninterruptible
        )
    }
  })
