/**
 * `Lease` as rows of a `LocalDatabase`. The fence comes from the table's own sequence, which never gives a number
 * twice, so that a lease that nobody has takes no space.
 */
import { Clock, Deferred, Duration, Effect, Exit, Layer, Option } from "effect"
import type { Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { StorageFailure } from "../../../domain/storage/StorageFailure.ts"
import * as HeldResource from "./HeldResource.ts"
import * as Lease from "./Lease.ts"
import * as LeasePolling from "./LeasePolling.ts"
import { LocalDatabase } from "./LocalDatabase.ts"
import type { Migration } from "./Migration.ts"
import * as ProcessIdentity from "./ProcessIdentity.ts"
import { outsideTransactions } from "./SqliteConnection.ts"

/** `token` is the taking, `owner` the process, `until` in milliseconds since 1970, `time_to_live` in milliseconds. */
export const migration = (id: number): Migration => ({
  id,
  name: "create_lease",
  run: (sql) =>
    Effect.asVoid(sql`
      CREATE TABLE lease (
        fence INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        token TEXT NOT NULL,
        owner TEXT NOT NULL,
        until INTEGER NOT NULL,
        time_to_live INTEGER NOT NULL
      ) STRICT`)
})

/** A power cut ends every owner, so nothing is lost with the row. */
const relaxed = { durability: "relaxed" } as const

/** A renewed lease gains nothing from a longer time and costs nothing with a shorter one. */
const withinReason = (timeToLive: Duration.DurationInput) =>
  Math.ceil(Math.min(Math.max(100, Duration.toMillis(timeToLive)), 3_600_000))

interface Row {
  readonly owner: string
  readonly until: number
  readonly time_to_live: number
}

export const make = ({ read, sql, writeTransaction }: typeof LocalDatabase.Service) =>
  Effect.gen(function*() {
    const processes = yield* ProcessIdentity.make

    /** `early`: the clock was set back after the owner's last renewal, so that its time would be longer than it asked for. */
    const standing = (name: string) =>
      Effect.gen(function*() {
        const [row] = yield* sql<Row>`SELECT owner, until, time_to_live FROM lease WHERE name = ${name}`
        const now = yield* Clock.currentTimeMillis
        if (row === undefined || row.until <= now || processes.isDead(row.owner)) return "free"
        return row.until > now + row.time_to_live ? "early" : "held"
      })

    const takeRow = (name: string, token: string, millis: number) =>
      Effect.gen(function*() {
        const found = yield* standing(name)
        if (found === "held") return Option.none<number>()
        const now = yield* Clock.currentTimeMillis
        if (found === "early") {
          // From here on it has no more than its time; a living owner renews it within a third of that.
          yield* sql`UPDATE lease SET until = ${now} + time_to_live WHERE name = ${name}`
          return Option.none<number>()
        }
        yield* sql`DELETE FROM lease WHERE name = ${name}`
        const [row] = yield* sql<{ readonly fence: number }>`
          INSERT INTO lease (name, token, owner, until, time_to_live)
          VALUES (${name}, ${token}, ${processes.own}, ${now + millis}, ${millis}) RETURNING fence`
        return Option.map(Option.fromNullable(row), ({ fence }) => fence)
      })

    const isOurs = (token: string) =>
      Effect.map(sql`SELECT 1 FROM lease WHERE token = ${token}`, (rows) => rows.length === 1)

    const remove = (token: string) => sql`DELETE FROM lease WHERE token = ${token}`

    const renew = (token: string, millis: number) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE lease SET until = ${now + millis} WHERE token = ${token}`
        return yield* isOurs(token)
      })

    /** Ends when the lease is lost: to another owner, or with its time when it cannot be renewed. */
    const keep = (token: string, millis: number) =>
      Effect.gen(function*() {
        let renewed = yield* LeasePolling.monotonicMillis
        for (;;) {
          yield* Effect.sleep(Duration.millis(Math.ceil(millis / 3)))
          const now = yield* LeasePolling.monotonicMillis
          const result = yield* Effect.exit(writeTransaction(renew(token, millis), relaxed))
          if (Exit.isSuccess(result)) {
            if (!result.value) return
            renewed = now
            // The attempt itself takes its time while others write.
          } else if ((yield* LeasePolling.monotonicMillis) - renewed >= millis) return
        }
      }).pipe(outsideTransactions, Effect.withTracerEnabled(false), Effect.interruptible)

    const attempt = (name: string, millis: number) =>
      Effect.gen(function*() {
        const found = yield* Effect.withTracerEnabled(read(standing(name)), false)
        if (found === "held") return Option.none<Lease.Grant>()
        const token = randomUUID()
        let written = false
        let isOver = false
        // Before the row can be there: an interruption after its commit finds this in place. Where it cannot be removed,
        // as in a database that was closed first, its time or the owner's death ends it.
        yield* Effect.addFinalizer(() => {
          isOver = true
          return written ? Effect.exit(writeTransaction(remove(token), relaxed)) : Effect.void
        })
        const taken = yield* writeTransaction(
          Effect.tap(takeRow(name, token, millis), (fence) => void (written = Option.isSome(fence))),
          relaxed
        )
        if (Option.isNone(taken)) return Option.none<Lease.Grant>()
        const lost = yield* Deferred.make<never, Lease.LeaseLost>()
        const lose = Effect.flatMap(Deferred.fail(lost, new Lease.LeaseLost({ name })), (first) =>
          Effect.zipRight(
            first && !isOver ? Effect.logWarning("A lease was lost") : Effect.void,
            new Lease.LeaseLost({ name })
          ))
        yield* Effect.forkScoped(Effect.zipRight(keep(token, millis), Effect.ignore(lose)))
        return Option.some<Lease.Grant>({
          fence: taken.value,
          check: Effect.flatMap(read(isOurs(token)), (ours) => ours ? Effect.void : lose),
          lost: Deferred.await(lost)
        })
      }).pipe(HeldResource.orNothing)

    const tryTake = (
      name: string,
      timeToLive: Duration.DurationInput
    ): Effect.Effect<Option.Option<Lease.Grant>, StorageFailure, Scope.Scope> => attempt(name, withinReason(timeToLive))

    return Lease.Lease.of({ tryTake, take: LeasePolling.take(tryTake) })
  })

/** Needs `migration`. Leases hold between everybody who opens the same file. */
export const layer: Layer.Layer<Lease.Lease, never, LocalDatabase> = Layer.effect(
  Lease.Lease,
  Effect.flatMap(LocalDatabase, make)
)
