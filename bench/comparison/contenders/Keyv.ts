import { Effect } from "effect"
import { join } from "node:path"
import { attempt } from "../Contender.ts"
import type { Contender } from "../Contender.ts"
import { overwriteStart, sqliteFile, updateAll } from "../Damage.ts"
import { load } from "../Installed.ts"

export interface Options {
  /** In memory without one. */
  readonly filename?: string
}

export const open = async ({ filename }: Options) => {
  const { Keyv } = await load("keyv")
  const { default: KeyvSqlite } = await load("@keyv/sqlite")
  const keyv = filename === undefined
    ? new Keyv()
    : new Keyv({ store: new KeyvSqlite({ uri: `sqlite://${filename}`, wal: true }) })
  // Without a listener an error ends the process.
  keyv.on("error", () => undefined)
  return keyv
}

/** Keyv loads nothing; this is what its users write around it. */
export const contender: Contender = {
  name: "keyv + @keyv/sqlite",
  hasSchema: false,
  open: ({ folder, timeToLiveMillis }) =>
    Effect.gen(function*() {
      const keyv = yield* Effect.acquireRelease(
        attempt(() => open({ filename: join(folder, "keyv.db") })),
        (opened) => Effect.ignore(attempt(() => opened.disconnect()))
      )
      return {
        getOrLoad: (key, loading) =>
          Effect.gen(function*() {
            const cached = yield* attempt(() => keyv.get<string>(key))
            if (cached !== undefined) return cached
            const value = yield* loading
            yield* attempt(() => keyv.set(key, value, timeToLiveMillis))
            return value
          }),
        remove: (key) => attempt(() => keyv.delete(key))
      }
    }),
  damage: {
    file: (folder) => overwriteStart(sqliteFile(folder)),
    entries: (folder) => updateAll(sqliteFile(folder), "UPDATE keyv SET value = '{garbage'")
  }
}
