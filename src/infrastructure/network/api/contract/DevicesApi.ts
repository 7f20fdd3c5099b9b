/**
 * Devices and the messages pushed to them.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import { Schema } from "effect"
import { PushMessage, PushMessageId, Topic } from "../../../../domain/push/PushMessage.ts"
import { DeviceId, Registration } from "../../../../domain/push/Registration.ts"
import { Authorization } from "./Authorization.ts"
import { NotFoundProblem, RejectedProblem } from "./Problem.ts"

const device = Schema.Struct({ deviceId: DeviceId })

/** The `data` of one event of the message stream, as JSON; the event's `id` is the message's id. */
export const PushEventData = Schema.parseJson(PushMessage)

/** How often the stream sends a comment line when there is nothing else to send, in seconds. */
export const pushKeepAliveSeconds = 15

export class DevicesApi extends HttpApiGroup.make("devices")
  .add(
    HttpApiEndpoint.put("register", "/devices/:deviceId")
      .setPath(device)
      .setPayload(Schema.Struct({ topics: Schema.Array(Topic).pipe(Schema.maxItems(100)) }))
      .addSuccess(Registration)
  )
  .add(HttpApiEndpoint.del("unregister", "/devices/:deviceId").setPath(device).addSuccess(HttpApiSchema.NoContent))
  .add(
    /** Server-Sent Events (WHATWG HTML, section 9.2): resumes after `Last-Event-ID`. 404 for a device that is not registered. */
    HttpApiEndpoint.get("messages", "/devices/:deviceId/messages")
      .setPath(device)
      .setHeaders(Schema.Struct({ "last-event-id": Schema.optional(PushMessageId) }))
      .addSuccess(Schema.String.pipe(HttpApiSchema.withEncoding({ kind: "Text", contentType: "text/event-stream" })))
      .addError(NotFoundProblem)
  )
  .add(
    /** Sends to every device of the account that is subscribed to the topic. */
    HttpApiEndpoint.post("send", "/messages")
      .setPayload(Schema.Struct({ topic: Topic, title: Schema.String.pipe(Schema.maxLength(200)) }))
      .addSuccess(PushMessage, { status: 201 })
  )
  .addError(RejectedProblem)
  .middleware(Authorization)
  .prefix("/v2")
{}
