/**
 * What the cache costs beside what it cannot do without, and beside other caches.
 */
import { isInstalled, notInstalled } from "../comparison/Installed.ts"
import type { Benchmark, Subject } from "../Harness.ts"
import * as Ours from "../storage/CacheSides.ts"
import * as Peers from "../storage/PeerSides.ts"

export const notice = isInstalled ? undefined : notInstalled

const hot = { keys: 1000, operations: 20_000 }
const cold = { keys: 10_000, operations: 1000 }
const slow = { keys: 1000, operations: 200 }
const written = { keys: 10_000, operations: 1000 }

type Row = Pick<Benchmark, "name" | "target" | "subject"> & {
  readonly unit?: string
  readonly against?: ReadonlyArray<readonly [name: string, subject: Subject, target?: number]>
}

const rows: ReadonlyArray<Row> = [
  {
    name: "hit in memory, get",
    target: 0.5,
    subject: Ours.memoryHit(hot, "get"),
    against: [
      ["effect Cache.get", Peers.effectCache(hot)],
      ["lru-cache with a time to live", Peers.lru(hot), 8],
      ["bentocache in memory", Peers.bentocache(hot, "get", "memory")],
      ["cache-manager", Peers.cacheManager(hot), 1],
      ["keyv in memory", Peers.keyv(hot, "get", "memory")],
      ["PersistedCache", Peers.persistedCache(hot)]
    ]
  },
  {
    name: "hit in memory, getOrLoad",
    target: 0.5,
    subject: Ours.memoryHit(hot, "getOrLoad"),
    against: [["effect Cache.get", Peers.effectCache(hot)]]
  },
  { name: "strict coherence, added to a hit in memory", target: 2, subject: Ours.strictness(hot) },
  {
    name: "hit in the file, 200 B",
    target: 0.5,
    subject: Ours.storeHit(cold, "200 B"),
    against: [
      ["better-sqlite3 and JSON.parse", Peers.rawGet(cold, "200 B"), 2],
      ["bentocache on SQLite", Peers.bentocache(cold, "get", "database")],
      ["keyv + @keyv/sqlite", Peers.keyv(slow, "get", "file")]
    ]
  },
  {
    name: "hit in the file, 10 KB",
    target: 1.5,
    subject: Ours.storeHit(cold, "10 KB"),
    against: [["better-sqlite3 and JSON.parse", Peers.rawGet(cold, "10 KB")]]
  },
  {
    name: "hit in the file, of 100,000 keys",
    target: 2,
    subject: Ours.storeHit({ ...cold, keys: 100_000 }, "200 B"),
    against: [["of 1,000", Ours.storeHit({ ...cold, keys: 1000 }, "200 B")]]
  },
  {
    name: "set through, 200 B",
    target: 1.4,
    subject: Ours.setThrough(written),
    against: [
      ["better-sqlite3 and JSON.stringify", Peers.rawSet(written)],
      ["bentocache on SQLite", Peers.bentocache(written, "set", "database"), 1],
      ["keyv + @keyv/sqlite", Peers.keyv(slow, "set", "file"), 0.1]
    ]
  },
  {
    name: "set behind, 200 at a time, 200 B",
    target: 0.8,
    subject: Ours.setBehind(written),
    against: [["better-sqlite3 and JSON.stringify", Peers.rawSet(written)]]
  },
  {
    name: "set through, of 100,000 keys",
    target: 2,
    subject: Ours.setThrough({ ...written, keys: 100_000 }),
    against: [["of 1,000", Ours.setThrough({ ...written, keys: 1000 })]]
  },
  {
    name: "set through at its bound",
    target: 1.5,
    subject: Ours.setThrough(written, 1024 * 1024),
    against: [["without a bound", Ours.setThrough(written)]]
  },
  {
    name: "remove, durable",
    target: 1.3,
    subject: Ours.remove(slow, 1),
    against: [["an update by better-sqlite3, FULL", Peers.rawSetDurably(slow)]]
  },
  {
    name: "remove, durable, 100 at a time, each",
    target: 0.05,
    subject: Ours.remove(slow, 100),
    against: [["an update by better-sqlite3, FULL", Peers.rawSetDurably(slow)]]
  },
  {
    name: "1,000 fibers ask for an entry that is not there",
    target: 1,
    subject: Ours.stampede(1000),
    against: [["effect Cache", Peers.effectStampede(1000)]]
  },
  { name: "open after kill -9 at 100 MB, to the first read", target: 150, unit: "ms", subject: Ours.opening }
]

export const benchmarks: ReadonlyArray<Benchmark> = rows.flatMap(({ against, name, subject, target, unit = "µs" }) => {
  const own: Benchmark = { group: "cache", name, subject, target, unit, better: "lower" }
  return against === undefined
    ? [own]
    : against.map(([peer, theirs, other = target]) => ({
      ...own,
      target: other,
      peer: { name: peer, subject: theirs }
    }))
})
