/**
 * The newest 10 000 analytics events, each once.
 */
import { Clock, Context, Effect, Layer, Schema } from "effect"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { TrackEvent } from "../../infrastructure/network/api/contract/AnalyticsApi.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"

const capacity = 10_000

export class EventStore extends Context.Tag("effect-strata/backend/store/EventStore")<
  EventStore,
  {
    /** Events whose `messageId` is here already are skipped. */
    readonly add: (events: ReadonlyArray<TrackEvent>) => Effect.Effect<void, StorageFailure>

    /** Oldest first. */
    readonly newest: (limit: number) => Effect.Effect<ReadonlyArray<TrackEvent>, StorageFailure>
  }
>() {}

const EventJson = Schema.parseJson(TrackEvent)
const encode = Schema.encodeSync(EventJson)
const decode = Schema.decodeSync(EventJson)

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase

  return EventStore.of({
    add: (events) =>
      writeTransaction(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        for (const event of events) {
          yield* sql`INSERT INTO analytics_events (message_id, event, received_at)
            VALUES (${event.messageId}, ${encode(event)}, ${now}) ON CONFLICT DO NOTHING`
        }
        yield* sql`DELETE FROM analytics_events WHERE sequence <=
          (SELECT sequence FROM analytics_events ORDER BY sequence DESC LIMIT 1 OFFSET ${capacity})`
      })),

    newest: (limit) =>
      Effect.map(
        read(sql<{ readonly event: string }>`SELECT event FROM
          (SELECT sequence, event FROM analytics_events ORDER BY sequence DESC LIMIT ${limit}) ORDER BY sequence`),
        (rows) => rows.map(({ event }) => decode(event))
      )
  })
})

/** Duplicates are recognised among what is kept, over restarts too. */
export const layer: Layer.Layer<EventStore, never, LocalDatabase> = Layer.effect(EventStore, make)
