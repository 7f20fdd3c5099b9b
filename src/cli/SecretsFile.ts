/**
 * Files that leave or enter the secret store: exports, and age identities.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Redacted } from "effect"
import { randomUUID } from "node:crypto"
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

/** For its owner only, and whole or not at all. Without `force` a file that is there stays, also one that came meanwhile. */
export const write = (file: string, content: Uint8Array, force: boolean) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const temporary = `${file}.${randomUUID()}.tmp`
    const move = force ? fs.rename(temporary, file) : Effect.zipRight(fs.link(temporary, file), fs.remove(temporary))
    yield* fs.writeFile(temporary, content, { flag: "wx", mode: 0o600 }).pipe(
      Effect.zipRight(move),
      Effect.onError(() => Effect.ignore(fs.remove(temporary)))
    )
  }).pipe(Effect.mapError(unusable(file, "written")))

export const read = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(file)
    if (size > sizeLimit) return yield* refused(`${file} is too large for an export`, "")
    return yield* fs.readFile(file)
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
