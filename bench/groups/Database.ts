/**
 * What `LocalDatabase` costs beside the driver under it, and how long it keeps anybody waiting.
 */
import { Effect, ManagedRuntime } from "effect"
import { monitorEventLoopDelay, performance } from "node:perf_hooks"
import { setTimeout as sleep } from "node:timers/promises"
import { LocalDatabase } from "../../src/infrastructure/storage/local/LocalDatabase.ts"
import { wallPerOperation } from "../Cost.ts"
import type { Benchmark, Side, Subject } from "../Harness.ts"
import * as Documents from "../storage/Documents.ts"
import * as Folder from "../storage/Folder.ts"
import * as Killed from "../storage/Killed.ts"

const transactions = 100

const ours = (perTransaction: number): Subject => () =>
  Folder.withService(LocalDatabase, Documents.layerIn, (database, run) => {
    let next = 0
    const one = Effect.suspend(() => Documents.changes(database, next += perTransaction, perTransaction))
    const sample = () =>
      wallPerOperation(transactions * perTransaction, () => run(Effect.asVoid(Effect.repeatN(one, transactions - 1))))
    return Promise.resolve(sample)
  })

const raw = (
  perTransaction: number,
  synchronous: "FULL" | "NORMAL" = "FULL"
): Subject =>
(): Side => {
  const { folder, remove } = Folder.make()
  const { change, database } = Documents.raw(folder, synchronous)
  let next = 0
  return {
    sample: () =>
      wallPerOperation(transactions * perTransaction, () => {
        for (let count = 0; count < transactions; count++) change(next += perTransaction, perTransaction)
        return Promise.resolve()
      }),
    close: () => {
      database.close()
      return Promise.resolve(remove())
    }
  }
}

const foreignLockMillis = 300

/** The longest time that nothing else could run in while another connection held the write lock; in ms. */
const stall: Subject = () => {
  const { folder, remove } = Folder.make()
  const runtime = ManagedRuntime.make(Documents.layerIn(folder))
  return {
    sample: async () => {
      const database = await runtime.runPromise(LocalDatabase)
      const other = Documents.raw(folder, "NORMAL").database
      other.exec("BEGIN IMMEDIATE")
      const delay = monitorEventLoopDelay({ resolution: 1 })
      delay.enable()
      const writing = runtime.runPromise(Documents.changes(database, 1, 1))
      await sleep(foreignLockMillis)
      delay.disable()
      other.exec("COMMIT")
      await writing
      other.close()
      return delay.max / 1e6
    },
    close: () => runtime.dispose().then(remove)
  }
}

const opening: Subject = async () => {
  const killed = await Killed.make("bench/fillStorage.ts")
  return {
    sample: async () => {
      const copy = killed.copy()
      const runtime = ManagedRuntime.make(Documents.layerIn(copy.folder))
      const start = performance.now()
      const rows = await runtime.runPromise(
        Effect.flatMap(LocalDatabase, ({ read, sql }) => read(sql`SELECT length(body) FROM document WHERE id = 50001`))
      )
      const elapsed = performance.now() - start
      await runtime.dispose()
      copy.remove()
      if (rows.length !== 1) throw new Error("a committed row is missing")
      return elapsed
    },
    close: () => Promise.resolve(killed.remove())
  }
}

export const benchmarks: ReadonlyArray<Benchmark> = [
  {
    group: "database",
    name: "a document and its outbox row, durable",
    unit: "µs",
    better: "lower",
    target: 1.5,
    subject: ours(1),
    peer: { name: "the same SQL by better-sqlite3, FULL", subject: raw(1) }
  },
  {
    group: "database",
    name: "the same, 10 in one transaction, each",
    unit: "µs",
    better: "lower",
    target: 2,
    subject: ours(10),
    peer: { name: "one each by better-sqlite3, NORMAL", subject: raw(1, "NORMAL") }
  },
  {
    group: "database",
    name: "the longest stall while another connection writes",
    unit: "ms",
    better: "lower",
    target: 50,
    subject: stall
  },
  {
    group: "database",
    name: "open after kill -9 at 100 MB, to the first read",
    unit: "ms",
    better: "lower",
    target: 150,
    subject: opening
  }
]
