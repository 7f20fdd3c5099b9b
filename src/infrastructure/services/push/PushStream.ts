/**
 * The device's message stream over one connection after another, each from where the last one was left.
 */
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Option, Schema, Stream } from "effect"
import type { UserId } from "../../../domain/auth/User.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { NotRegistered } from "../../../domain/push/PushFailure.ts"
import type { PushFailure } from "../../../domain/push/PushFailure.ts"
import type { PushMessage, PushMessageId } from "../../../domain/push/PushMessage.ts"
import type { PushStatus } from "../../../domain/push/PushNotifications.ts"
import type { DeviceId } from "../../../domain/push/Registration.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import type { ApiClient } from "../../network/api/ApiClient.ts"
import { onBehalfOf } from "../../network/api/CallOptions.ts"
import { PushEventData, pushKeepAliveSeconds } from "../../network/api/contract/DevicesApi.ts"
import type { CurrentValue } from "../../network/api/CurrentValue.ts"
import * as Jitter from "../../network/api/Jitter.ts"
import * as Catalogue from "../../telemetry/catalogue/Push.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as SseParser from "./SseParser.ts"

export const backoffBase = Duration.seconds(1)
export const backoffCap = Duration.seconds(60)

/** A connection that lived as long starts the backoff anew. */
export const stableAfter = Duration.seconds(30)

/** Without any byte for so long the connection is taken for dead. */
export const silence = Duration.seconds(2.5 * pushKeepAliveSeconds)

export interface Inbox {
  /** Whose messages these are: no connection is opened for anybody else. */
  readonly owner: UserId
  readonly cursor: Effect.Effect<Option.Option<PushMessageId>, SecretFailure>
  readonly wasHandled: (message: PushMessageId) => Effect.Effect<boolean, SecretFailure>
  readonly handled: (message: PushMessageId) => Effect.Effect<void, SecretFailure>
  /** The backend does not know this device any more. */
  readonly forgotten: Effect.Effect<void, SecretFailure>
}

const passing = new Set<string>(["Offline", "Unavailable", "RateLimited", "OutcomeUnknown", "Busy"])

const decode = Schema.decode(PushEventData)

/** `U(0, min(cap, base · 2^failures))`, and not before the backend wants it. */
const backoff = (failures: number, failure: RemoteFailure | SecretFailure | undefined) => {
  const asked = failure?._tag === "Unavailable" || failure?._tag === "RateLimited" ? failure.retryAfter : undefined
  return Effect.flatMap(
    Jitter.full(backoffBase, backoffCap, failures),
    (jitter) => Effect.sleep(Duration.max(jitter, asked ?? Duration.zero))
  )
}

export const make = (
  http: typeof ApiClient.Service["http"],
  device: DeviceId,
  inbox: Inbox,
  status: CurrentValue<PushStatus>
): Stream.Stream<PushMessage, PushFailure> => {
  let failures = 0
  let lastFailure: RemoteFailure | SecretFailure | undefined
  let openedAt = 0

  const request = Effect.gen(function*() {
    const cursor = yield* inbox.cursor
    return yield* http.get(`/v2/devices/${encodeURIComponent(device)}/messages`, {
      headers: {
        accept: "text/event-stream",
        ...(Option.isSome(cursor) ? { "last-event-id": cursor.value } : {})
      }
    })
  }).pipe(onBehalfOf(inbox.owner))

  /** The next connection, or nothing when it failed in a way that passes. */
  const attempt = Effect.gen(function*() {
    if (failures > 0) {
      yield* status.set("disconnected")
      yield* backoff(failures - 1, lastFailure)
    }
    yield* status.set("connecting")
    const answer = yield* Effect.either(request)
    if (answer._tag === "Right") {
      lastFailure = undefined
      openedAt = yield* Clock.currentTimeMillis
      yield* status.set("connected")
      return Option.some(answer.right)
    }
    const failure = answer.left
    if (failure._tag === "NotFound") return yield* Effect.zipRight(inbox.forgotten, new NotRegistered())
    const lost = failure._tag === "RequestError" || failure._tag === "ResponseError"
    if (!lost && !passing.has(failure._tag)) return yield* failure
    lastFailure = lost ? undefined : failure
    failures++
    return Option.none<HttpClientResponse>()
  })

  const ended = Effect.map(Clock.currentTimeMillis, (now) => {
    failures = now - openedAt >= Duration.toMillis(stableAfter) ? 1 : failures + 1
  })

  const events = (response: HttpClientResponse) => {
    const parse = SseParser.make()
    return response.stream.pipe(
      Stream.timeout(silence),
      Stream.decodeText(),
      Stream.mapConcat(parse),
      Stream.catchAll(() => Stream.empty),
      Stream.concat(Stream.execute(ended))
    )
  }

  /** What cannot be read now can never be: it is left behind instead of stopping all that follow. */
  const message = ({ data }: SseParser.SseEvent) =>
    decode(data).pipe(
      Effect.tapError(() =>
        Effect.zipRight(Meter.add(Catalogue.undecodable), Effect.logWarning("A push message could not be read"))
      ),
      Effect.option
    )

  const deliver = (event: SseParser.SseEvent): Stream.Stream<PushMessage, SecretFailure> =>
    Stream.unwrap(Effect.gen(function*() {
      const decoded = yield* message(event)
      if (Option.isNone(decoded)) return Stream.empty
      const { id } = decoded.value
      if (yield* inbox.wasHandled(id)) {
        yield* Meter.add(Catalogue.duplicates)
        return Stream.empty
      }
      yield* Meter.add(Catalogue.delivered)
      return Stream.concat(Stream.succeed(decoded.value), Stream.execute(inbox.handled(id)))
    }))

  return Stream.repeatEffect(attempt).pipe(
    Stream.filterMap((connected) => connected),
    Stream.flatMap(events),
    Stream.flatMap(deliver),
    Stream.ensuring(status.set("disconnected"))
  )
}
