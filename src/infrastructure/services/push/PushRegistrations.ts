/**
 * What this device remembers of its registration: the device, its topics, and how far its messages were handled.
 */
import { DateTime, Effect, Option, Schema } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import { PushMessageId, Topic } from "../../../domain/push/PushMessage.ts"
import { DeviceId, Registration } from "../../../domain/push/Registration.ts"
import { Corrupt } from "../../../domain/storage/StorageFailure.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"

/** Messages that are known to have been handled before, should the backend send them again. */
const remembered = 1000

const Row = Schema.Struct({
  device_id: DeviceId,
  topics: Schema.parseJson(Schema.Array(Topic)),
  registered_at: Schema.DateTimeUtcFromNumber,
  cursor: Schema.NullOr(PushMessageId)
})

const Topics = Schema.parseJson(Schema.Array(Topic))

export interface Remembered {
  readonly registration: Registration
  readonly cursor: Option.Option<PushMessageId>
}

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase

  const find = (account: UserId) =>
    read(sql`SELECT device_id, topics, registered_at, cursor FROM push_registrations WHERE account_id = ${account}`)
      .pipe(
        Effect.flatMap(([row]) =>
          row === undefined
            ? Effect.succeedNone
            : Schema.decodeUnknown(Row)(row).pipe(
              Effect.map((found): Option.Option<Remembered> =>
                Option.some({
                  registration: new Registration({
                    deviceId: found.device_id,
                    topics: found.topics,
                    registeredAt: found.registered_at
                  }),
                  cursor: Option.fromNullable(found.cursor)
                })
              ),
              Effect.mapError(() => new Corrupt({ store: "local database", operation: "read push registration" }))
            )
        )
      )

  const save = (account: UserId, { deviceId, registeredAt, topics }: Registration) =>
    Effect.flatMap(Effect.orDie(Schema.encode(Topics)(topics)), (encoded) =>
      writeTransaction(sql`
        INSERT INTO push_registrations (account_id, device_id, topics, registered_at)
        VALUES (${account}, ${deviceId}, ${encoded}, ${DateTime.toEpochMillis(registeredAt)})
        ON CONFLICT (account_id) DO UPDATE SET
          device_id = excluded.device_id, topics = excluded.topics, registered_at = excluded.registered_at`))

  const remove = (account: UserId, device: DeviceId) =>
    writeTransaction(Effect.all([
      sql`DELETE FROM push_registrations WHERE account_id = ${account} AND device_id = ${device}`,
      sql`DELETE FROM push_handled WHERE device_id = ${device}`
    ], { discard: true }))

  const wasHandled = (device: DeviceId, message: PushMessageId) =>
    Effect.map(
      read(sql`SELECT 1 FROM push_handled WHERE device_id = ${device} AND message_id = ${message}`),
      (rows) => rows.length > 0
    )

  const handled = (account: UserId, device: DeviceId, message: PushMessageId) =>
    writeTransaction(Effect.all([
      sql`UPDATE push_registrations SET cursor = ${message} WHERE account_id = ${account} AND device_id = ${device}`,
      sql`INSERT OR IGNORE INTO push_handled (device_id, message_id) VALUES (${device}, ${message})`,
      sql`DELETE FROM push_handled WHERE device_id = ${device} AND position <= (
        SELECT position FROM push_handled WHERE device_id = ${device} ORDER BY position DESC LIMIT 1 OFFSET ${remembered}
      )`
    ], { discard: true }))

  return { find, handled, remove, save, wasHandled }
})
