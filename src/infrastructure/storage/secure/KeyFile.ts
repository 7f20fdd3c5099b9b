/**
 * `VaultKey` from a file of 32 bytes that only its owner may read.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Layer, Option, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import * as DurableFile from "./DurableFile.ts"
import * as FileFailure from "./FileFailure.ts"
import { VaultKey } from "./VaultKey.ts"

export interface Options {
  readonly file: string
}

const keyLength = 32
const store = "key file of the secret store"

type Key = Redacted.Redacted<Uint8Array>
type Needs = FileSystem.FileSystem | Path.Path

/** Whom the file lets read its content besides its owner and the administrator, if anybody. Windows has no such bits. */
export const tooOpen = (file: string, { mode, uid }: FileSystem.File.Info): Option.Option<Locked> => {
  if (process.platform === "win32") return Option.none()
  if ((mode & 0o077) !== 0) {
    return Option.some(new Locked({ fixes: [`let nobody else read the key: chmod 600 "${file}"`] }))
  }
  const me = process.getuid?.() ?? 0
  const foreign = Option.exists(uid, (owner) => owner !== me && owner !== 0)
  return foreign
    ? Option.some(new Locked({ fixes: [`make the key file your own: chown ${me} "${file}"`] }))
    : Option.none()
}

/** The key in the file; `none` when there is no file. */
const read = (file: string): Effect.Effect<Option.Option<Key>, Locked | StorageFailure, FileSystem.FileSystem> =>
  Effect.scoped(Effect.gen(function*() {
    const handle = yield* (yield* FileSystem.FileSystem).open(file, { flag: "r" })
    const refusal = tooOpen(file, yield* handle.stat)
    if (Option.isSome(refusal)) return yield* refusal.value
    const content = yield* handle.readAlloc(keyLength + 1)
    if (!Option.exists(content, ({ length }) => length === keyLength)) {
      return yield* new Corrupt({ store, operation: "read" })
    }
    return Option.map(content, Redacted.make)
  })).pipe(
    Effect.catchTags({
      SystemError: (error) =>
        error.reason === "NotFound" ? Effect.succeedNone : FileFailure.reading(store, "read")(error),
      BadArgument: FileFailure.reading(store, "read")
    })
  )

/** Never replaces a file: of several creators at once one wins, and all use its key. */
const createOnce = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = (yield* Path.Path).dirname(file)
    const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* DurableFile.create(temporary, randomBytes(keyLength)).pipe(
      Effect.zipRight(fs.link(temporary, file)),
      Effect.zipRight(DurableFile.syncFolder(folder)),
      Effect.zipRight(Effect.logWarning(`the key of the secret store is in ${file}`)),
      Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "AlreadyExists", () => Effect.void),
      Effect.ensuring(Effect.ignore(fs.remove(temporary, { force: true })))
    )
  }).pipe(Effect.mapError(FileFailure.writing(store, "create")), Effect.uninterruptible)

const make = ({ file }: Options, createMissing: Effect.Effect<void, Locked | StorageFailure, Needs>) =>
  Effect.gen(function*() {
    const context = yield* Effect.context<Needs>()
    const locked = new Locked({ fixes: [`put the key file back: ${file}`] })

    const found = Effect.provide(read(file), context)
    const load = Effect.flatMap(found, Option.match({ onSome: Effect.succeed, onNone: () => locked }))

    return VaultKey.of({
      slot: "key-file",
      load,
      loadForNewVault: Effect.flatMap(
        found,
        Option.match({
          onSome: Effect.succeed,
          onNone: () => Effect.zipRight(Effect.provide(createMissing, context), load)
        })
      )
    })
  })

/** For deployments: the key has to be there, and is never created. */
export const layerLoad = ({ file }: Options): Layer.Layer<VaultKey, never, Needs> =>
  Layer.effect(
    VaultKey,
    make({ file }, new Locked({ fixes: [`create the key once: (umask 077; head -c 32 /dev/urandom > "${file}")`] }))
  )

/** For one's own machine: the first new vault creates the key, and the log says once where it is. */
export const layerLoadOrCreate = ({ file }: Options): Layer.Layer<VaultKey, never, Needs> =>
  Layer.effect(VaultKey, make({ file }, createOnce(file)))
