/** Writes 100 MB into the database in argv's folder and dies as `kill -9` would have it. */
import { Effect } from "effect"
import { LocalDatabase } from "../src/infrastructure/storage/local/LocalDatabase.ts"
import * as Documents from "./storage/Documents.ts"

const [, , folder = ""] = process.argv

const megabyte = 1024 * 1024
const large = "x".repeat(10_000)

const fill = Effect.gen(function*() {
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
  process.kill(process.pid, "SIGKILL")
})

await Effect.runPromise(Effect.provide(fill, Documents.layerIn(folder)))
