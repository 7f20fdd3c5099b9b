/**
 * A message the backend sends to this device on its own initiative.
 */
import { Schema } from "effect"

/** Given by the backend, unique; the same message delivered twice has the same id. */
export const PushMessageId = Schema.NonEmptyString.pipe(Schema.brand("PushMessageId"))
export type PushMessageId = typeof PushMessageId.Type

export const Topic = Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9_-]{1,32}$/), Schema.brand("Topic"))
export type Topic = typeof Topic.Type

export class PushMessage extends Schema.Class<PushMessage>("PushMessage")({
  id: PushMessageId,
  topic: Topic,
  title: Schema.String,
  sentAt: Schema.DateTimeUtc
}) {}
