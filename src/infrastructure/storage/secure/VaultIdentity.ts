/**
 * Which vault a path leads to: the same for every process, and for every spelling of the path, through whatever symbolic
 * links its folder is reached. A vault that is moved is another one.
 */
import { Effect, Option } from "effect"
import { createHash } from "node:crypto"
import { realpath } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"

export interface VaultIdentity {
  /** The path of the vault with the links to its folder resolved. */
  readonly file: string

  /** Names what belongs to this vault where the path must not be read: it may tell a person's name. */
  readonly digest: string
}

/** What is not there yet will be made as it is written, below what is. */
const realFolder = (folder: string): Effect.Effect<string> =>
  Effect.flatMap(Effect.option(Effect.tryPromise(() => realpath(folder))), (real) => {
    if (Option.isSome(real)) return Effect.succeed(real.value)
    const parent = dirname(folder)
    return parent === folder
      ? Effect.succeed(folder)
      : Effect.map(realFolder(parent), (above) => join(above, basename(folder)))
  })

/** The vault itself is no link: one is refused when it is opened. */
export const of = (file: string): Effect.Effect<VaultIdentity> =>
  Effect.suspend(() => {
    const path = resolve(file)
    return Effect.map(realFolder(dirname(path)), (folder) => {
      const real = join(folder, basename(path))
      return { file: real, digest: createHash("sha256").update(real).digest("hex").slice(0, 16) }
    })
  })
