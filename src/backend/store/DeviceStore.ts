/**
 * Devices and the messages that wait for them. A message waits for 7 days and among the newest 1000 of its device.
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, PubSub, Schema } from "effect"
import type { Queue, Scope } from "effect"
import type { UserId } from "../../domain/auth/User.ts"
import type { PushMessageId, Topic } from "../../domain/push/PushMessage.ts"
import type { DeviceId } from "../../domain/push/Registration.ts"
import { Registration } from "../../domain/push/Registration.ts"
import type { StorageFailure } from "../../domain/storage/StorageFailure.ts"
import { LocalDatabase } from "../../infrastructure/storage/local/LocalDatabase.ts"

const devicesPerAccount = 100
const messagesPerDevice = 1000
const messageLife = Duration.toMillis("7 days")

/** A message as it is stored, for one device. */
export interface StoredMessage {
  readonly sequence: number
  readonly id: PushMessageId
  readonly topic: Topic
  readonly sealedTitle: Uint8Array
  readonly sentAt: number
}

export class DeviceStore extends Context.Tag("effect-strata/backend/store/DeviceStore")<
  DeviceStore,
  {
    /** `none` when the account has too many devices. */
    readonly register: (
      account: UserId,
      device: DeviceId,
      topics: ReadonlyArray<Topic>
    ) => Effect.Effect<Option.Option<Registration>, StorageFailure>

    /** With everything that waited for it. Succeeds when there is no such device. */
    readonly unregister: (account: UserId, device: DeviceId) => Effect.Effect<void, StorageFailure>

    readonly isRegistered: (account: UserId, device: DeviceId) => Effect.Effect<boolean, StorageFailure>

    /** Lets the message wait for every device that is subscribed to its topic. */
    readonly send: (
      account: UserId,
      message: Omit<StoredMessage, "sequence">
    ) => Effect.Effect<void, StorageFailure>

    /** Where the message stands among those of the device; 0 when it does not wait (any more). */
    readonly sequenceOf: (
      account: UserId,
      device: DeviceId,
      message: PushMessageId
    ) => Effect.Effect<number, StorageFailure>

    readonly after: (
      account: UserId,
      device: DeviceId,
      sequence: number,
      limit: number
    ) => Effect.Effect<ReadonlyArray<StoredMessage>, StorageFailure>

    /** A sign whenever anything was sent or a device was removed; signs that are not taken fold into one. */
    readonly signs: Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
  }
>() {}

const Topics = Schema.parseJson(Schema.Array(Schema.String))
const encodeTopics = Schema.encodeSync(Topics)

export const make = Effect.gen(function*() {
  const { read, sql, writeTransaction } = yield* LocalDatabase
  const changed = yield* PubSub.sliding<void>(1)

  const isRegistered = (account: UserId, device: DeviceId) =>
    Effect.map(
      read(sql`SELECT 1 FROM devices WHERE account_id = ${account} AND device_id = ${device}`),
      (rows) => rows.length > 0
    )

  return DeviceStore.of({
    isRegistered,

    register: (account, device, topics) =>
      writeTransaction(Effect.gen(function*() {
        const [others] = yield* sql<{ readonly count: number }>`SELECT COUNT(*) AS count FROM devices
          WHERE account_id = ${account} AND device_id <> ${device}`
        if (others !== undefined && others.count >= devicesPerAccount) return Option.none()
        const rows = yield* sql<{ readonly registered_at: number }>`
          INSERT INTO devices (account_id, device_id, topics, registered_at)
          VALUES (${account}, ${device}, ${encodeTopics(topics)}, ${yield* Clock.currentTimeMillis})
          ON CONFLICT (account_id, device_id) DO UPDATE SET topics = excluded.topics RETURNING registered_at`
        return Option.map(Option.fromNullable(rows[0]), (row) =>
          new Registration({ deviceId: device, topics, registeredAt: DateTime.unsafeMake(row.registered_at) }))
      })),

    unregister: (account, device) =>
      writeTransaction(Effect.gen(function*() {
        yield* sql`DELETE FROM devices WHERE account_id = ${account} AND device_id = ${device}`
        yield* sql`DELETE FROM push_messages WHERE account_id = ${account} AND device_id = ${device}`
      })).pipe(Effect.zipRight(PubSub.publish(changed, undefined))),

    send: (account, message) =>
      writeTransaction(Effect.gen(function*() {
        const devices = yield* sql<{ readonly device_id: string }>`SELECT device_id FROM devices
          WHERE account_id = ${account} AND EXISTS (SELECT 1 FROM json_each(topics) WHERE value = ${message.topic})`
        for (const { device_id } of devices) {
          yield* sql`INSERT INTO push_messages (account_id, device_id, message_id, topic, sealed_title, sent_at)
            VALUES (${account}, ${device_id}, ${message.id}, ${message.topic}, ${message.sealedTitle}, ${message.sentAt})`
          yield* sql`DELETE FROM push_messages WHERE account_id = ${account} AND device_id = ${device_id}
            AND sequence <= (SELECT sequence FROM push_messages WHERE account_id = ${account}
              AND device_id = ${device_id} ORDER BY sequence DESC LIMIT 1 OFFSET ${messagesPerDevice})`
        }
        yield* sql`DELETE FROM push_messages WHERE sent_at <= ${message.sentAt - messageLife}`
      })).pipe(Effect.zipRight(PubSub.publish(changed, undefined))),

    sequenceOf: (account, device, message) =>
      Effect.map(
        read(sql<{ readonly sequence: number }>`SELECT sequence FROM push_messages
          WHERE account_id = ${account} AND device_id = ${device} AND message_id = ${message}`),
        ([row]) => row?.sequence ?? 0
      ),

    after: (account, device, sequence, limit) =>
      read(sql<StoredMessage>`
        SELECT sequence, message_id AS id, topic, sealed_title AS sealedTitle, sent_at AS sentAt FROM push_messages
        WHERE account_id = ${account} AND device_id = ${device} AND sequence > ${sequence}
        ORDER BY sequence LIMIT ${limit}`),

    signs: PubSub.subscribe(changed)
  })
})

/** Messages outlive restarts. */
export const layer: Layer.Layer<DeviceStore, never, LocalDatabase> = Layer.effect(DeviceStore, make)
