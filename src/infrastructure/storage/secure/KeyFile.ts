/**
 * `VaultKey` from a file of 32 bytes that only its owner may read.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Either, Equal, Option, Redacted } from "effect"
import type { Layer } from "effect"
import { randomBytes } from "node:crypto"
import { Locked } from "../../../domain/storage/SecretFailure.ts"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import * as DurableFile from "./DurableFile.ts"
import * as FileFailure from "./FileFailure.ts"
import * as VaultKey from "./VaultKey.ts"
import * as VaultKeyText from "./VaultKeyText.ts"

export interface Options {
  readonly file: string

  /** Tells apart the vaults that share this key file: each has a generation of its own. */
  readonly vault?: string
}

const { keyLength } = VaultKeyText
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

const temporaryEnding = () => `.${randomBytes(6).toString("hex")}.tmp`
const isTemporaryEnding = /^\.[0-9a-f]{12}\.tmp$/

/** Never replaces a file: of several creators at once one wins, and all use its key. */
const createOnce = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const folder = (yield* Path.Path).dirname(file)
    const temporary = `${file}${temporaryEnding()}`
    yield* fs.makeDirectory(folder, { recursive: true, mode: 0o700 })
    yield* DurableFile.create(temporary, randomBytes(keyLength)).pipe(
      Effect.zipRight(fs.link(temporary, file)),
      Effect.zipRight(DurableFile.syncFolder(folder)),
      Effect.zipRight(Effect.logWarning(`the key of the secret store is in ${file}`)),
      Effect.catchIf((error) => error._tag === "SystemError" && error.reason === "AlreadyExists", () => Effect.void),
      Effect.ensuring(Effect.ignore(fs.remove(temporary, { force: true })))
    )
  }).pipe(Effect.mapError(FileFailure.writing(store, "create")), Effect.uninterruptible)

/**
 * Removes the second name of the key that a creator leaves when it is killed. Another creator at work may lose such a
 * name too, once it needs it no more: before that, its file is not the key.
 */
const sweep = (file: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const key = yield* fs.stat(file)
    const isKey = ({ dev, ino }: FileSystem.File.Info) =>
      dev === key.dev && Option.isSome(ino) && Equal.equals(ino, key.ino)
    const folder = path.dirname(file)
    const start = path.basename(file)
    for (const name of yield* fs.readDirectory(folder)) {
      if (!name.startsWith(start) || !isTemporaryEnding.test(name.slice(start.length))) continue
      const other = path.join(folder, name)
      yield* Effect.ignore(Effect.whenEffect(fs.remove(other), Effect.map(fs.stat(other), isKey)))
    }
  }).pipe(Effect.ignore)

/** The file beside the key that tells the generation, in decimal. */
const generationFile = ({ file, vault }: Options) =>
  vault === undefined ? `${file}.generation` : `${file}.${vault}.generation`
const generationStore = "generation of the secret store"
const decimal = /^(?:0|[1-9]\d{0,19})\n?$/

/** Nobody writes a vault that often; what comes after it has to fit into 64 bits. */
const maxGeneration = 2n ** 63n - 1n

const parseGeneration = (bytes: Uint8Array): Either.Either<bigint, StorageFailure> => {
  const text = bytes.length <= 21 ? Buffer.from(bytes).toString("latin1") : ""
  const generation = decimal.test(text) ? BigInt(text.trim()) : maxGeneration + 1n
  return generation <= maxGeneration
    ? Either.right(generation)
    : Either.left(new Corrupt({ store: generationStore, operation: "read" }))
}

const generation = (options: Options) =>
  Effect.gen(function*() {
    const disk = yield* DurableFile.make({ file: generationFile(options), store: generationStore })
    const known = Effect.flatMap(
      disk.read,
      Option.match({ onNone: () => Effect.succeedNone, onSome: (bytes) => Effect.asSome(parseGeneration(bytes)) })
    )
    /** What is not a generation is of no use to anybody but who looks why. */
    const knownOrAside = Effect.catchTag(known, "Corrupt", () => Effect.as(disk.setAside("corrupt"), Option.none()))
    return {
      read: known,
      raise: (reached: bigint) =>
        Effect.flatMap(knownOrAside, (kept) =>
          Option.exists(kept, (highest) => highest >= reached)
            ? Effect.void
            : disk.write(Buffer.from(`${reached}\n`, "latin1"), "leave"))
    }
  })

/** Whether the key can be read now; its content is not looked at. */
const status = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(file)).pipe(
    Effect.map((info) => Option.isNone(tooOpen(file, info))),
    Effect.catchAll(() => Effect.succeed(false)),
    Effect.map((usable) => ({ detail: file, usable, durable: true }))
  )

const source = (options: Options, createMissing: Effect.Effect<void, Locked | StorageFailure, Needs>) =>
  Effect.gen(function*() {
    const { file } = options
    const context = yield* Effect.context<Needs>()
    const locked = new Locked({ fixes: [`put the key file back: ${file}`] })

    const found = Effect.provide(read(file), context)
    const load = Effect.flatMap(found, Option.match({ onSome: Effect.succeed, onNone: () => locked }))

    return {
      slot: "key-file",
      load,
      loadForNewVault: Effect.flatMap(
        found,
        Option.match({
          onSome: (key) => Effect.as(Effect.provide(sweep(file), context), key),
          onNone: () => Effect.zipRight(Effect.provide(createMissing, context), load)
        })
      ),
      generation: yield* generation(options),
      status: Effect.provide(status(file), context)
    }
  })

type Make = Effect.Effect<VaultKey.VaultKey, never, Needs>

/** For deployments: the key has to be there, and is never created. */
export const makeLoad = (options: Options): Make =>
  source(
    options,
    new Locked({ fixes: [`create the key once: (umask 077; head -c 32 /dev/urandom > "${options.file}")`] })
  )

/** For one's own machine: the first new vault creates the key, and the log says once where it is. */
export const makeLoadOrCreate = (options: Options): Make => source(options, createOnce(options.file))

/** The key file as the only source. */
export const layerLoad = (options: Options): Layer.Layer<VaultKey.VaultKeys, never, Needs> =>
  VaultKey.layer([makeLoad(options)])

/** The key file as the only source. */
export const layerLoadOrCreate = (options: Options): Layer.Layer<VaultKey.VaultKeys, never, Needs> =>
  VaultKey.layer([makeLoadOrCreate(options)])
