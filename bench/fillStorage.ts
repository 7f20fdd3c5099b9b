/** Writes 100 MB into the database, or the cache, in argv's folder and dies as `kill -9` would have it. */
import { Effect } from "effect"
import { Cache } from "../src/domain/storage/Cache.ts"
import { LocalDatabase } from "../src/infrastructure/storage/local/LocalDatabase.ts"
import * as Caches from "./storage/Caches.ts"
import * as Documents from "./storage/Documents.ts"

const [, , folder = "", what = "database"] = process.argv

const megabyte = 1024 * 1024
const large = "x".repeat(10_000)

const die = Effect.sync(() => process.kill(process.pid, "SIGKILL"))

const cache = Effect.flatMap(Cache, (service) => Caches.fill(service, 10_000, "10 KB"))

const database = Effect.gen(function*() {
  const { sql, writeTransaction } = yield* LocalDatabase
  for (let batch = 0; batch < 100; batch++) {
    yield* writeTransaction(
      Effect.forEach(
        Array.from({ length: megabyte / large.length }),
        (_, index) => sql`INSERT INTO document (id, body) VALUES (${batch * 1000 + index}, ${large})`,
        { discard: true }
      )
    )
  }
})

await Effect.runPromise(
  what === "cache"
    ? Effect.provide(Effect.zipRight(cache, die), Caches.layerIn(folder, { memory: "none" }))
    : Effect.provide(Effect.zipRight(database, die), Documents.layerIn(folder))
)
