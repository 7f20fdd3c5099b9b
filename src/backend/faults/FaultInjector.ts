/**
 * Where the faults are kept and where the backend asks for them.
 */
import { Context, Duration, Effect, Layer, Option, Stream, SubscriptionRef } from "effect"
import type { Scope } from "effect"
import { BackendFaults } from "./Fault.ts"
import type { Fault } from "./Fault.ts"

/** What to do with one request. */
export interface Verdict {
  readonly delay: Effect.Effect<void>
  readonly status: Option.Option<{ readonly status: number; readonly retryAfter: Option.Option<Duration.Duration> }>
  readonly dropResponse: boolean
}

export class FaultInjector extends Context.Tag("effect-strata/backend/faults/FaultInjector")<
  FaultInjector,
  {
    readonly apply: (fault: Fault) => Effect.Effect<void>

    /** Uses up one of the `times` that apply to this path. */
    readonly judge: (path: string) => Effect.Effect<Verdict>

    readonly isConnected: Effect.Effect<boolean>

    /** Returns at the next `Cut`, at once while connections are cut. */
    readonly cut: Effect.Effect<void>

    /** `apply` waits for `transport` to follow each change, until the scope closes. */
    readonly onChange: (
      transport: (connected: boolean) => Effect.Effect<void>
    ) => Effect.Effect<void, never, Scope.Scope>
  }
>() {}

interface Counted<Tag extends Fault["_tag"]> {
  readonly fault: Extract<Fault, { readonly _tag: Tag }>
  left: number
}

/** The first that matches and is not used up. */
const use = <Tag extends Fault["_tag"]>(
  faults: ReadonlyArray<Counted<Tag>>,
  matches: (fault: Counted<Tag>["fault"]) => boolean
) => {
  const found = faults.find(({ fault, left }) => left > 0 && matches(fault))
  if (found !== undefined) found.left -= 1
  return Option.map(Option.fromNullable(found), ({ fault }) => fault)
}

export const make = Effect.gen(function*() {
  const connected = yield* SubscriptionRef.make(true)
  const transports = new Set<(connected: boolean) => Effect.Effect<void>>()
  const serial = yield* Effect.makeSemaphore(1)
  let delay = Duration.zero
  let statuses: Array<Counted<"Status">> = []
  let drops: Array<Counted<"DropResponse">> = []

  const connect = (value: boolean) =>
    Effect.zipRight(
      SubscriptionRef.set(connected, value),
      Effect.forEach(transports, (transport) => transport(value), { discard: true })
    )

  const apply = (fault: Fault): Effect.Effect<void> =>
    Effect.suspend(() => {
      switch (fault._tag) {
        case "Latency":
          delay = Duration.millis(fault.milliseconds)
          return Effect.void
        case "Status":
          statuses = [...statuses.filter(({ left }) => left > 0), { fault, left: fault.times }]
          return Effect.void
        case "DropResponse":
          drops = [...drops.filter(({ left }) => left > 0), { fault, left: fault.times }]
          return Effect.void
        case "Cut":
          return connect(false)
        case "Restore":
          delay = Duration.zero
          statuses = []
          drops = []
          return connect(true)
      }
    })

  return FaultInjector.of({
    apply: (fault) => serial.withPermits(1)(apply(fault)),

    judge: (path) =>
      Effect.sync(() => {
        const status = use(statuses, (fault) => path.startsWith(fault.path))
        return {
          delay: Duration.toMillis(delay) === 0 ? Effect.void : Effect.sleep(delay),
          status: Option.map(status, (fault) => ({
            status: fault.status,
            retryAfter: Option.map(Option.fromNullable(fault.retryAfterSeconds), Duration.seconds)
          })),
          dropResponse: Option.isNone(status) && Option.isSome(use(drops, (fault) => path.startsWith(fault.path)))
        }
      }),

    isConnected: SubscriptionRef.get(connected),

    cut: connected.changes.pipe(Stream.filter((value) => !value), Stream.runHead, Effect.asVoid),

    onChange: (transport) =>
      Effect.asVoid(Effect.acquireRelease(
        Effect.sync(() => transports.add(transport)),
        () => Effect.sync(() => transports.delete(transport))
      ))
  })
})

export const layer: Layer.Layer<FaultInjector> = Layer.effect(FaultInjector, make)

/** The switch for whoever runs in the backend's own process. */
export const switchLayer: Layer.Layer<BackendFaults, never, FaultInjector> = Layer.effect(
  BackendFaults,
  Effect.map(FaultInjector, ({ apply }) => BackendFaults.of({ apply }))
)
