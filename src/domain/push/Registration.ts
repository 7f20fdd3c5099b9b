/**
 * This device as the backend knows it.
 */
import { Schema } from "effect"
import { Topic } from "./PushMessage.ts"

export const DeviceId = Schema.NonEmptyString.pipe(Schema.brand("DeviceId"))
export type DeviceId = typeof DeviceId.Type

export class Registration extends Schema.Class<Registration>("Registration")({
  deviceId: DeviceId,
  topics: Schema.Array(Topic),
  registeredAt: Schema.DateTimeUtc
}) {}
