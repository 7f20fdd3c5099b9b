/**
 * What this device remembers of its registration: the device, its topics, and how far its messages were handled.
 */
import { Effect, Option, Schema } from "effect"
import { UserId } from "../../../domain/auth/User.ts"
import { PushMessageId, Topic } from "../../../domain/push/PushMessage.ts"
import { DeviceId, Registration } from "../../../domain/push/Registration.ts"
import { LocalDatabase } from "../../storage/local/LocalDatabase.ts"
import * as Table from "../../storage/local/Table.ts"

/** Messages that are known to have been handled before, should the backend send them again. */
const remembered = 1000

/** `cursor` stays as it is when the registration is saved. */
const Row = Schema.Struct({
  accountId: UserId,
  deviceId: DeviceId,
  topics: Schema.parseJson(Schema.Array(Topic)),
  registeredAt: Schema.DateTimeUtcFromNumber,
  cursor: Schema.optional(Schema.NullOr(PushMessageId))
})

const table = Table.define({ name: "push_registrations", row: Row, primaryKey: ["accountId"] })

export interface Remembered {
  readonly registration: Registration
  readonly cursor: Option.Option<PushMessageId>
}

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase

  const registrations = table(sql)

  const find = (accountId: UserId) =>
    Effect.map(
      read(registrations.find({ accountId })),
      Option.map(({ cursor, deviceId, registeredAt, topics }): Remembered => ({
        registration: new Registration({ deviceId, registeredAt, topics }),
        cursor: Option.fromNullable(cursor)
      }))
    )

  const save = (accountId: UserId, { deviceId, registeredAt, topics }: Registration) =>
    writeTransaction(registrations.upsert({ accountId, deviceId, registeredAt, topics }))

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
