/**
 * Files that leave or enter the secret store: exports, and age identities.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Chunk, Effect, Redacted, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { dirname } from "node:path"
import { CommandFailed } from "./CommandFailed.ts"

/** Of a file that is read whole. */
const sizeLimit = 256 * 1024 * 1024

const refused = (reason: string, next: string) => new CommandFailed({ reason, next })

const exists = (file: string) => refused(`${file} is there already`, "Name another file, or replace it with --force.")

const unusable = (file: string, operation: "read" | "written") => (error: PlatformError) =>
  error._tag === "SystemError" && error.reason === "AlreadyExists"
    ? exists(file)
    : refused(
      `${file} cannot be ${operation} (${error._tag === "SystemError" ? error.reason : "bad path"})`,
      "Check that the path is right and yours to use."
    )

/** Before anything is asked or sealed. */
export const mayWrite = (file: string, force: boolean) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const isThere = yield* fs.exists(file).pipe(Effect.mapError(unusable(file, "written")))
    if (isThere && !force) return yield* exists(file)
  })

/** Some systems cannot do this to a folder; the file itself is durable then. */
const syncFolder = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    yield* (yield* fs.open(dirname(file), { flag: "r" })).sync
  }).pipe(Effect.scoped, Effect.ignore)

/** Creates the file, for its owner only: durable, or not there at all. */
const create = (file: string, content: Uint8Array) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const created = yield* fs.open(file, { flag: "wx", mode: 0o600 })
    yield* Effect.zipRight(created.writeAll(content), created.sync).pipe(
      Effect.onError(() => Effect.ignore(fs.remove(file)))
    )
  }).pipe(Effect.scoped)

/** Without `force` a file that is there stays, also one that came meanwhile. */
export const write = (file: string, content: Uint8Array, force: boolean) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const temporary = `${file}.${randomUUID()}.tmp`
    yield* force
      ? create(temporary, content).pipe(
        Effect.zipRight(fs.rename(temporary, file)),
        Effect.onError(() => Effect.ignore(fs.remove(temporary)))
      )
      : create(file, content)
    yield* syncFolder(file)
  }).pipe(Effect.mapError(unusable(file, "written")))

/** A device says nothing of its size and may have no end. */
export const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const chunks = yield* Stream.runCollect(
      fs.stream(file, { bytesToRead: sizeLimit + 1, chunkSize: 1024 * 1024 })
    )
    const content = Buffer.concat(Chunk.toReadonlyArray(chunks))
    if (content.length > sizeLimit) return yield* refused(`${file} is too large for an export`, "")
    return content
  }).pipe(Effect.catchTags({
    BadArgument: (error) => unusable(file, "read")(error),
    SystemError: (error) => unusable(file, "read")(error)
  }))

/** The first identity of a file as `age-keygen` writes it. */
export const identity = (file: string) =>
  Effect.gen(function*() {
    const lines = Buffer.from(yield* read(file)).toString("utf8").split(/\r?\n/).map((line) => line.trim())
    const found = lines.find((line) => line.startsWith("AGE-SECRET-KEY-1"))
    if (found !== undefined) return Redacted.make(found)
    return yield* refused(`${file} holds no age identity`, "It is the file that \"age-keygen -o FILE\" writes.")
  })
