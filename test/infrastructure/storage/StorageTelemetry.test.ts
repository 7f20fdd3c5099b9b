import type { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, TestClock, Tracer } from "effect"
import { join } from "node:path"
import * as SqlCache from "../../../src/infrastructure/storage/cache/SqlCache.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"
import * as Catalogue from "../../../src/infrastructure/telemetry/Catalogue.ts"
import { texts, textsWith } from "../../../src/testing/contract/CacheSubject.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"

interface Seen {
  readonly name: string
  readonly attributes: ReadonlyMap<string, unknown>
  readonly events: ReadonlyArray<string>
}

/** Runs `effect` and gives its spans. */
const spansOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const spans: Array<Seen> = []
  const tracer = Tracer.make({
    context: (run) => run(),
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const events: Array<string> = []
      spans.push({ name, attributes, events })
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        spanId: String(spans.length),
        traceId: "trace",
        sampled: true,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event) => void events.push(event),
        addLinks: () => {},
        end: () => {}
      }
    }
  })
  return Effect.as(Effect.withTracer(effect, tracer), spans)
}

const createNotes = {
  id: 1,
  name: "create_notes",
  run: (sql: SqlClient) => Effect.asVoid(sql`CREATE TABLE notes (text TEXT)`)
}

describe("storage telemetry", () => {
  it.scoped("spans, events and attributes are in the catalogue, and none holds a value", () =>
    Effect.gen(function*() {
      const filename = join(yield* temporaryFolder, "data.db")
      const spans = yield* spansOf(Effect.gen(function*() {
        const other = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
        const { sql, writeTransaction } = yield* SqliteLocalDatabase.make({ filename, migrations: [createNotes] })
        const holding = yield* Deferred.make<void>()
        const finish = yield* Deferred.make<void>()
        const foreign = yield* Effect.fork(
          other.writeTransaction(Effect.zipRight(Deferred.succeed(holding, undefined), Deferred.await(finish)))
        )
        yield* Deferred.await(holding)
        const write = yield* Effect.fork(writeTransaction(sql`INSERT INTO notes VALUES (${"canary"})`))
        yield* TestClock.adjust("1 second")
        yield* Deferred.succeed(finish, undefined)
        yield* Fiber.join(foreign)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(write)

        const cache = yield* SqlCache.make({ filename: ":memory:" })
        yield* cache.getOrLoad(textsWith({}, "plain"), "canary", Effect.succeed("canary"))
      }))
      assert.includeMembers(spans.map(({ name }) => name), [
        "db.migrate",
        "db.transaction",
        "sql.execute",
        "cache.load"
      ])
      for (const { attributes, events, name } of spans) {
        const definition = Catalogue.spans.find((span) => span.name === name)
        assert.isDefined(definition, name)
        assert.includeMembers(Object.keys(definition?.attributes ?? {}), [...attributes.keys()])
        assert.includeMembers(Object.keys(definition?.events ?? {}), [...events])
        assert.notInclude([...attributes.values()].join(" "), "canary")
      }
      const events = spans.flatMap((span) => span.events)
      assert.includeMembers(events, ["busy", "migration.applied"])
    }))

  it.scoped("reads and writes of the cache have no span", () =>
    Effect.gen(function*() {
      const cache = yield* SqlCache.make({ filename: ":memory:" })
      const spans = yield* spansOf(Effect.gen(function*() {
        yield* cache.set(texts, "a", "1")
        assert.isTrue(Option.isSome(yield* cache.get(texts, "a")))
        yield* cache.getOrLoad(texts, "a", Effect.succeed("2"))
        yield* cache.remove(texts, "a")
        yield* cache.clear
        yield* cache.stats
      }))
      assert.deepStrictEqual(spans, [])
    }))
})
