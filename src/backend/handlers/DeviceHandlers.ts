/**
 * Devices and push messages.
 */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { DateTime, Effect, Option, Schema } from "effect"
import { randomUUID } from "node:crypto"
import { PushMessage, PushMessageId } from "../../domain/push/PushMessage.ts"
import { CurrentAccount } from "../../infrastructure/network/api/contract/Authorization.ts"
import { StrataApi } from "../../infrastructure/network/api/contract/StrataApi.ts"
import * as BearerToken from "../http/BearerToken.ts"
import * as Problems from "../http/Problems.ts"
import * as PushStream from "../push/PushStream.ts"
import * as SealedText from "../SealedText.ts"
import { DeviceStore } from "../store/DeviceStore.ts"
import { SessionStore } from "../store/SessionStore.ts"

export const layer = HttpApiBuilder.group(StrataApi, "devices", (handlers) =>
  Effect.gen(function*() {
    const devices = yield* DeviceStore
    const sessions = yield* SessionStore
    const title = yield* SealedText.make("backend.push", Schema.String)
    const stream = yield* PushStream.make

    return handlers
      .handle("register", ({ path, payload }) =>
        Effect.gen(function*() {
          const { id: account } = yield* CurrentAccount
          const registration = yield* devices.register(account, path.deviceId, payload.topics)
          return yield* Option.match(registration, {
            onNone: () => Effect.fail(Problems.rejected({ detail: "The account has too many devices" })),
            onSome: Effect.succeed
          })
        }).pipe(Problems.orUnavailable))
      .handle("unregister", ({ path }) =>
        Effect.flatMap(CurrentAccount, ({ id }) =>
          devices.unregister(id, path.deviceId)).pipe(Problems.orUnavailable))
      .handle("messages", ({ headers, path, request }) =>
        Effect.gen(function*() {
          const authenticated = yield* sessions.authenticate(BearerToken.of(request.headers))
          if (Option.isNone(authenticated)) {
            return yield* Effect.fail(Problems.unauthorized())
          }
          const { session, user } = authenticated.value
          if (!(yield* devices.isRegistered(user.id, path.deviceId))) {
            return yield* Effect.fail(Problems.notFound({ detail: "This device is not registered" }))
          }
          const after = Option.fromNullable(headers["last-event-id"])
          return HttpServerResponse.stream(stream({ account: user.id, device: path.deviceId, session, after }), {
            contentType: "text/event-stream"
          })
        }).pipe(Problems.orUnavailable))
      .handle("send", ({ payload }) =>
        Effect.gen(function*() {
          const { id: account } = yield* CurrentAccount
          const id = PushMessageId.make(randomUUID())
          const sentAt = yield* DateTime.now
          const sealedTitle = yield* title.seal(account, id, payload.title)
          yield* devices.send(account, { id, topic: payload.topic, sealedTitle, sentAt: sentAt.epochMillis })
          return new PushMessage({ id, topic: payload.topic, title: payload.title, sentAt })
        }).pipe(Problems.orUnavailable))
  }))
