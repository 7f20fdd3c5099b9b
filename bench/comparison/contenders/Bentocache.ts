import Database from "better-sqlite3"
import { Effect, Option, Runtime } from "effect"
import { join } from "node:path"
import { attempt } from "../Contender.ts"
import type { Contender } from "../Contender.ts"
import { overwriteStart, sqliteFile, updateAll } from "../Damage.ts"
import { load } from "../Installed.ts"

export interface Options {
  readonly filename: string
  readonly timeToLiveMillis: number
  readonly levels: "memory" | "database" | "both"
}

/** As its documentation sets it up, and SQLite as whoever measures would: write-ahead log, NORMAL. */
export const open = async ({ filename, levels, timeToLiveMillis }: Options) => {
  const { BentoCache, bentostore } = await load("bentocache")
  const { kyselyDriver } = await load("bentocache/drivers/kysely")
  const { memoryDriver } = await load("bentocache/drivers/memory")
  const { Kysely, SqliteDialect } = await load("kysely")
  const memory = bentostore().useL1Layer(memoryDriver({ serialize: false, maxItems: 200_000 }))
  if (levels === "memory") {
    return new BentoCache({ default: "texts", ttl: timeToLiveMillis, stores: { texts: memory } })
  }
  const database = new Database(filename)
  try {
    database.pragma("journal_mode = WAL")
    database.pragma("synchronous = NORMAL")
  } catch {
    // It is for the driver to say that the file is damaged.
  }
  const connection = new Kysely({ dialect: new SqliteDialect({ database }) })
  const texts = (levels === "both" ? memory : bentostore()).useL2Layer(kyselyDriver({ connection }))
  return new BentoCache({ default: "texts", ttl: timeToLiveMillis, stores: { texts } })
}

export const contender: Contender = {
  name: "bentocache",
  hasSchema: false,
  open: ({ folder, timeToLiveMillis }) =>
    Effect.gen(function*() {
      const runPromise = Runtime.runPromise(yield* Effect.runtime())
      const cache = yield* Effect.acquireRelease(
        attempt(() => open({ filename: join(folder, "bento.db"), timeToLiveMillis, levels: "both" })),
        (opened) => Effect.ignore(attempt(() => opened.disconnectAll()))
      )
      return {
        getOrLoad: (key, loading) => attempt(() => cache.getOrSet({ key, factory: () => runPromise(loading) })),
        remove: (key) => attempt(() => cache.delete({ key })),
        tags: {
          set: (key, value, tag) => attempt(() => cache.set({ key, value, tags: [tag] })),
          get: (key) =>
            attempt((): Promise<string | null | undefined> => cache.get({ key })).pipe(
              Effect.map(Option.fromNullable)
            ),
          remove: (tag) => attempt(() => cache.deleteByTag({ tags: [tag] }))
        }
      }
    }),
  damage: {
    file: (folder) => overwriteStart(sqliteFile(folder)),
    entries: (folder) => updateAll(sqliteFile(folder), "UPDATE bentocache SET value = '{garbage'")
  }
}
