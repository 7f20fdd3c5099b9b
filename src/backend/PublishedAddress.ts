/**
 * `backend.json` in the data folder: who serves it and where. Only its owner can read it.
 */
import { Effect, Option, Schema } from "effect"
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Io } from "../domain/storage/StorageFailure.ts"

/** `pid` is null after an orderly end; the address is kept, so that the next owner can listen there again. */
export const PublishedAddress = Schema.Struct({
  url: Schema.String,
  faultsUrl: Schema.NullOr(Schema.String),
  pid: Schema.NullOr(Schema.Int)
})
export type PublishedAddress = typeof PublishedAddress.Type

const Json = Schema.parseJson(PublishedAddress)
const decode = Schema.decodeOption(Json)
const encode = Schema.encodeSync(Json)

const file = (directory: string) => join(directory, "backend.json")
const failure = (operation: string) => (cause: unknown) => new Io({ store: "backend.json", operation, cause })

/** `none` when there is no such file, or none that we wrote. */
export const read = (directory: string): Effect.Effect<Option.Option<PublishedAddress>> =>
  Effect.tryPromise({ try: () => readFile(file(directory), "utf8"), catch: failure("read") }).pipe(
    Effect.map(decode),
    Effect.orElseSucceed(Option.none)
  )

/** Readers see the old or the new content. The writer holds the lock "backend", so there is one at a time. */
export const write = (directory: string, address: PublishedAddress): Effect.Effect<void, Io> =>
  Effect.tryPromise({
    try: async () => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await writeFile(`${file(directory)}.new`, encode(address), { mode: 0o600 })
      await rename(`${file(directory)}.new`, file(directory))
    },
    catch: failure("write")
  })

/** Whether the process that published runs; its number may have passed to another one, which `ProcessLock` rules out. */
export const isServed = ({ pid }: PublishedAddress): boolean => {
  if (pid === null) return false
  try {
    return process.kill(pid, 0)
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}
