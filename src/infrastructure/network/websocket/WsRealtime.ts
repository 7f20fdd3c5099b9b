/**
 * `Realtime` over one socket that exists while somebody listens or publishes, reconnects with full jitter, and takes up
 * every channel where it was left.
 */
import { Clock, Context, Deferred, Duration, Effect, Fiber, FiberHandle, Layer, Stream, Tracer } from "effect"
import type { Scope } from "effect"
import { Realtime } from "../../../domain/network/Realtime.ts"
import type { RealtimeStatus } from "../../../domain/network/Realtime.ts"
import type { RemoteFailure } from "../../../domain/network/RemoteFailure.ts"
import { Offline, OutcomeUnknown, Rejected } from "../../../domain/network/RemoteFailure.ts"
import type { SecretFailure } from "../../../domain/storage/SecretFailure.ts"
import * as Catalogue from "../../telemetry/catalogue/Realtime.ts"
import * as Meter from "../../telemetry/Meter.ts"
import * as Span from "../../telemetry/Span.ts"
import { AccessTokens } from "../api/AccessTokens.ts"
import { ApiOrigin } from "../api/ApiOrigin.ts"
import { realtimeMaxFrameBytes } from "../api/contract/RealtimeFrame.ts"
import type { ClientFrame } from "../api/contract/RealtimeFrame.ts"
import * as CurrentValue from "../api/CurrentValue.ts"
import * as Jitter from "../api/Jitter.ts"
import { Reachability } from "../api/Reachability.ts"
import * as RealtimeChannels from "./RealtimeChannels.ts"
import * as RealtimeConnection from "./RealtimeConnection.ts"
import type { ConnectionHopeless } from "./RealtimeConnection.ts"
import { ConnectionLost } from "./RealtimeConnection.ts"
import * as RealtimeListener from "./RealtimeListener.ts"
import { RealtimeSocket } from "./RealtimeSocket.ts"

export const backoffBase = Duration.seconds(0.5)
export const backoffCap = Duration.seconds(30)

/** A connection that lived as long starts the backoff anew. */
export const stableAfter = Duration.seconds(5)

/** How long the backend may take to confirm a subscription or to accept a message. */
export const answerTimeout = Duration.seconds(10)

/** However long the backend asks for. */
export const maxRetryAfter = Duration.minutes(5)

/** `U(0, min(cap, base · 2^failures))`, and not before the backend wants it. */
const backoff = (failures: number, retryAfter: Duration.Duration = Duration.zero) =>
  Effect.map(Jitter.full(backoffBase, backoffCap, failures), Duration.max(Duration.min(retryAfter, maxRetryAfter)))

export const make = Effect.gen(function*() {
  const endpoint = { socket: yield* RealtimeSocket, tokens: yield* AccessTokens, origin: (yield* ApiOrigin).url }
  const reachability = yield* Reachability
  const status = yield* CurrentValue.make<RealtimeStatus>("idle")
  const supervision = yield* FiberHandle.make<never, RemoteFailure | SecretFailure>()
  const gate = yield* Effect.makeSemaphore(1)
  const sent = new Map<string, Deferred.Deferred<void, RemoteFailure>>()
  let refs = 0
  const nextRef = () => String(++refs)
  const channels = RealtimeChannels.make(nextRef)
  let connection: RealtimeConnection.RealtimeConnection | undefined
  let demand = 0

  const connect = (failures: number) =>
    RealtimeConnection.make(endpoint).pipe(
      Effect.tap(reachability.reached),
      Effect.tapError((failure) =>
        failure._tag === "ConnectionLost" && failure.reason === "unreachable" ? reachability.unreachable : Effect.void
      ),
      Span.withSpan(Catalogue.connect, {
        "server.address": new URL(endpoint.origin).hostname,
        "network.protocol.name": "websocket",
        "strata.realtime.channel_count": channels.count(),
        "strata.realtime.attempt": failures
      })
    )

  /** "open" tells that whoever listens misses nothing from now on. */
  const whenConfirmed = Effect.suspend(() =>
    connection !== undefined && channels.unconfirmed().size === 0 ? status.set("open") : Effect.void
  )

  const reading = (open: RealtimeConnection.RealtimeConnection) =>
    Effect.forever(Effect.flatMap(open.receive, (frame) => {
      channels.received(frame)
      const waiting = "ref" in frame && frame.ref !== undefined ? sent.get(frame.ref) : undefined
      if (frame._tag === "Subscribed") return whenConfirmed
      if (waiting === undefined) return Effect.void
      return frame._tag === "Failed"
        ? Deferred.fail(waiting, new Rejected({ issues: [`data: ${frame.reason}`] }))
        : Deferred.succeed(waiting, undefined)
    }))

  /** A request that is unconfirmed at two looks in a row was lost. */
  const confirmations: Effect.Effect<never, ConnectionLost> = Effect.suspend(() => {
    let before: ReadonlySet<string> = new Set()
    return Effect.forever(Effect.gen(function*() {
      yield* Effect.sleep(answerTimeout)
      const now = channels.unconfirmed()
      if (Array.from(now).some((ref) => before.has(ref))) return yield* new ConnectionLost({ reason: "silent" })
      before = now
    }))
  })

  /** One connection from beginning to end; fails in the way it ended, with whether it had been stable. */
  const session = (
    failures: number
  ): Effect.Effect<never, { readonly lost: ConnectionLost; readonly stable: boolean } | ConnectionHopeless> =>
    Effect.gen(function*() {
      yield* status.set("connecting")
      const open = yield* Effect.catchTag(
        connect(failures),
        "ConnectionLost",
        (lost) => Effect.fail({ lost, stable: false })
      )
      const since = yield* Clock.currentTimeMillis
      // Whoever comes after this line sends its own request.
      connection = open
      const requests = channels.resubscribe()
      const resubscribing = Effect.forEach(requests, open.send, { discard: true }).pipe(
        Effect.zipRight(whenConfirmed),
        Effect.zipRight(confirmations)
      )
      return yield* Effect.raceFirst(Effect.raceFirst(reading(open), open.heartbeat), resubscribing).pipe(
        Effect.catchTag(
          "ConnectionLost",
          (lost) =>
            Effect.flatMap(
              Clock.currentTimeMillis,
              (now) => Effect.fail({ lost, stable: now - since >= Duration.toMillis(stableAfter) })
            )
        )
      )
    }).pipe(Effect.scoped, Effect.ensuring(lose))

  /** Messages on their way may or may not have arrived. */
  const lose = Effect.suspend(() => {
    connection = undefined
    const waiting = Array.from(sent.values())
    sent.clear()
    return Effect.forEach(waiting, (answer) => Deferred.fail(answer, new OutcomeUnknown()), { discard: true })
  })

  const supervise: Effect.Effect<never, ConnectionHopeless> = Effect.suspend(() => {
    let failures = 0
    return Effect.suspend(() => session(failures)).pipe(
      Effect.catchIf((end) => "lost" in end, ({ lost, stable }) =>
        Effect.gen(function*() {
          yield* status.set("waiting")
          yield* Meter.add(Catalogue.reconnects)
          failures = stable ? 1 : failures + 1
          yield* Effect.sleep(yield* backoff(failures, lost.retryAfter))
        })),
      Effect.forever
    )
  })

  const supervisor = supervise.pipe(
    Effect.mapError(({ failure }) => failure),
    Effect.tapError((failure) => Effect.sync(() => channels.fail(failure))),
    Effect.ensuring(status.set("idle")),
    // It serves everybody, so it does not run inside the span of whoever came first.
    Effect.mapInputContext((own: Context.Context<never>) => Context.omit(Tracer.ParentSpan)(own))
  )

  /** Wants a connection until the scope closes. */
  const attach: Effect.Effect<Fiber.RuntimeFiber<never, RemoteFailure | SecretFailure>, never, Scope.Scope> = Effect
    .acquireRelease(
      gate.withPermits(1)(Effect.suspend(() => {
        demand++
        return Effect.orElse(FiberHandle.get(supervision), () => FiberHandle.run(supervision, supervisor))
      })),
      () => gate.withPermits(1)(Effect.suspend(() => --demand === 0 ? FiberHandle.clear(supervision) : Effect.void))
    )

  const sendIfOpen = (frame: () => ClientFrame | undefined) =>
    Effect.suspend(() => {
      if (connection === undefined) return Effect.void
      const request = frame()
      return request === undefined ? Effect.void : Effect.ignore(connection.send(request))
    })

  const listen = (channel: string) =>
    Effect.gen(function*() {
      const listener = yield* RealtimeListener.make(channel)
      const request = channels.add(channel, listener)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          const goodbye = channels.remove(channel, listener)
          return Effect.zipRight(sendIfOpen(() => goodbye), whenConfirmed)
        })
      )
      yield* sendIfOpen(() => request?.())
      yield* attach
      return listener.messages
    })

  /** The connection, also one that is just coming about. */
  const opened = Effect.suspend(() =>
    connection !== undefined ? Effect.succeed(connection) : status.values.pipe(
      Stream.filter((now) => now !== "connecting" && now !== "idle"),
      Stream.runHead,
      Effect.timeoutFail({ duration: RealtimeConnection.connectTimeout, onTimeout: () => new Offline() }),
      Effect.flatMap(() => connection === undefined ? Effect.fail(new Offline()) : Effect.succeed(connection))
    )
  )

  const publish = (channel: string, data: unknown) =>
    Effect.gen(function*() {
      const ref = nextRef()
      const frame = { _tag: "Publish", ref, channel, data } as const
      const text = yield* Effect.mapError(
        RealtimeConnection.encode(frame),
        () => new Rejected({ issues: ["data: not JSON"] })
      )
      if (Buffer.byteLength(text) > realtimeMaxFrameBytes) return yield* new Rejected({ issues: ["data: TooLarge"] })
      const supervised = yield* attach
      const open = yield* Effect.raceFirst(opened, Effect.flatten(Fiber.await(supervised)))
      const answer = yield* Deferred.make<void, RemoteFailure>()
      sent.set(ref, answer)
      yield* open.send(frame).pipe(
        Effect.mapError(() => new Offline()),
        Effect.zipRight(Deferred.await(answer)),
        Effect.timeoutFail({ duration: answerTimeout, onTimeout: () => new OutcomeUnknown() }),
        Effect.ensuring(Effect.sync(() => sent.delete(ref)))
      )
    }).pipe(Effect.scoped)

  yield* Effect.addFinalizer(() => Effect.sync(channels.end))

  return Realtime.of({
    subscribe: (channel) => Stream.unwrapScoped(listen(channel)),
    publish,
    status: status.values
  })
})

export const layer: Layer.Layer<
  Realtime,
  never,
  RealtimeSocket | AccessTokens | ApiOrigin | Reachability
> = Layer.scoped(Realtime, make)
