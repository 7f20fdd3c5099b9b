/**
 * Product analytics in the shape of Segment's HTTP tracking API: the write key is the user name of HTTP Basic.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import { Schema } from "effect"
import { RejectedProblem, UnauthorizedProblem } from "./Problem.ts"

/** One event; `messageId` (UUID) is what the receiver removes duplicates by. */
export const TrackEvent = Schema.Struct({
  type: Schema.Literal("track"),
  messageId: Schema.UUID,
  anonymousId: Schema.String,
  event: Schema.String,
  properties: Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.Number, Schema.Boolean) }),
  timestamp: Schema.DateTimeUtc
})
export type TrackEvent = typeof TrackEvent.Type

export class AnalyticsApi extends HttpApiGroup.make("analytics")
  .add(
    HttpApiEndpoint.post("batch", "/batch")
      .setHeaders(Schema.Struct({ authorization: Schema.optional(Schema.String) }))
      .setPayload(
        Schema.Struct({ batch: Schema.Array(TrackEvent).pipe(Schema.maxItems(100)), sentAt: Schema.DateTimeUtc })
      )
      .addSuccess(Schema.Struct({ success: Schema.Boolean }))
      .addError(UnauthorizedProblem)
      .addError(RejectedProblem)
  )
  .prefix("/v1")
{}
