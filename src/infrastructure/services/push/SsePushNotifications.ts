/**
 * `PushNotifications` over the backend's event stream. The registration and the last handled message are kept in the
 * local database, per account.
 */
import { Effect, Layer, Option, Stream } from "effect"
import { randomUUID } from "node:crypto"
import type { UserId } from "../../../domain/auth/User.ts"
import { Unauthenticated } from "../../../domain/network/RemoteFailure.ts"
import { NotRegistered } from "../../../domain/push/PushFailure.ts"
import type { PushFailure } from "../../../domain/push/PushFailure.ts"
import type { PushMessage, Topic } from "../../../domain/push/PushMessage.ts"
import { PushNotifications } from "../../../domain/push/PushNotifications.ts"
import type { PushStatus } from "../../../domain/push/PushNotifications.ts"
import { DeviceId } from "../../../domain/push/Registration.ts"
import { AccessTokens } from "../../network/api/AccessTokens.ts"
import { ApiClient } from "../../network/api/ApiClient.ts"
import { onBehalfOf } from "../../network/api/CallOptions.ts"
import * as CurrentValue from "../../network/api/CurrentValue.ts"
import type { LocalDatabase } from "../../storage/local/LocalDatabase.ts"
import * as Catalogue from "../../telemetry/catalogue/Push.ts"
import * as Span from "../../telemetry/Span.ts"
import * as PushRegistrations from "./PushRegistrations.ts"
import * as PushStream from "./PushStream.ts"

export const make = Effect.gen(function*() {
  const api = yield* ApiClient
  const tokens = yield* AccessTokens
  const registrations = yield* PushRegistrations.make
  const status = yield* CurrentValue.make<PushStatus>("disconnected")
  const changing = yield* Effect.makeSemaphore(1)
  const receiving = yield* Effect.makeSemaphore(1)

  const account = Effect.flatMap(
    tokens.principal,
    Option.match({ onNone: () => Effect.fail(new Unauthenticated()), onSome: Effect.succeed })
  )

  const current = Effect.gen(function*() {
    const owner = yield* account
    const found = yield* registrations.find(owner)
    if (Option.isNone(found)) return yield* new NotRegistered()
    return { owner, ...found.value }
  })

  const upload = (owner: UserId, deviceId: DeviceId, topics: ReadonlyArray<Topic>) =>
    Effect.gen(function*() {
      const registration = yield* onBehalfOf(owner)(
        api.call((client) => client.devices.register({ path: { deviceId }, payload: { topics } }))
      )
      yield* registrations.save(owner, registration)
      return registration
    }).pipe(Span.withSpan(Catalogue.register, { "strata.push.topic_count": topics.length }))

  const registration = Effect.gen(function*() {
    const owner = yield* tokens.principal
    if (Option.isNone(owner)) return Option.none()
    return Option.map(yield* registrations.find(owner.value), (found) => found.registration)
  })

  const register = Effect.gen(function*() {
    const owner = yield* account
    const known = yield* registrations.find(owner)
    if (Option.isSome(known)) return known.value.registration
    return yield* upload(owner, DeviceId.make(yield* Effect.sync(randomUUID)), [])
  }).pipe(changing.withPermits(1))

  const subscribe = (topic: Topic) =>
    Effect.gen(function*() {
      const { owner, registration: known } = yield* current
      return known.topics.includes(topic) ? known : yield* upload(owner, known.deviceId, [...known.topics, topic])
    }).pipe(changing.withPermits(1))

  const unregister = Effect.gen(function*() {
    const known = yield* current.pipe(
      Effect.asSome,
      Effect.catchTags({ NotRegistered: () => Effect.succeedNone, Unauthenticated: () => Effect.succeedNone })
    )
    if (Option.isNone(known)) return
    const { owner, registration: { deviceId } } = known.value
    yield* Effect.catchTag(
      onBehalfOf(owner)(api.call((client) => client.devices.unregister({ path: { deviceId } }))),
      "NotFound",
      () => Effect.void
    )
    // Only now: without its name the device could not be taken back any more.
    yield* registrations.remove(owner, deviceId)
  }).pipe(changing.withPermits(1), Span.withSpan(Catalogue.unregister))

  const messages: Stream.Stream<PushMessage, PushFailure> = Stream.unwrapScoped(
    Effect.gen(function*() {
      // Two receivers would move each other's cursor.
      yield* Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(restore(receiving.take(1)), Effect.addFinalizer(() => receiving.release(1)))
      )
      const { owner, registration: { deviceId } } = yield* current
      return PushStream.make(api.http, deviceId, {
        owner,
        cursor: Effect.map(registrations.find(owner), Option.flatMap(({ cursor }) => cursor)),
        wasHandled: (message) => registrations.wasHandled(deviceId, message),
        handled: (message) => registrations.handled(owner, deviceId, message),
        forgotten: registrations.remove(owner, deviceId)
      }, status)
    })
  )

  return PushNotifications.of({ register, registration, subscribe, messages, status: status.values, unregister })
})

export const layer: Layer.Layer<PushNotifications, never, ApiClient | AccessTokens | LocalDatabase> = Layer.effect(
  PushNotifications,
  make
)
