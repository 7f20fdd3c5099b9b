/**
 * `Connectivity` learnt from requests: offline as soon as two in a row could not be sent, online as soon as anything
 * answers. While offline it asks for the head of the backend's root, after 1 s and then ever less often, so that "online"
 * is noticed without anybody trying; once a second at most while somebody would send a request.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import { Context, Duration, Effect, Layer } from "effect"
import { Connectivity } from "../../../domain/network/Connectivity.ts"
import type { ConnectivityState } from "../../../domain/network/Connectivity.ts"
import { ApiOrigin } from "./ApiOrigin.ts"
import * as CurrentValue from "./CurrentValue.ts"
import * as Jitter from "./Jitter.ts"
import { judging, Reachability } from "./Reachability.ts"

const firstProbe = Duration.seconds(1)
const slowestProbe = Duration.seconds(30)
const probeTimeout = Duration.seconds(5)

/** Equal jitter: never at once, and not all devices together when a network comes back. */
const pause = (failures: number) => {
  const bound = Jitter.bound(firstProbe, slowestProbe, failures)
  return Effect.flatMap(Jitter.between(Duration.times(bound, 0.5), bound), Effect.sleep)
}

export const make = Effect.gen(function*() {
  const transport = HttpClient.withTracerDisabledWhen(yield* HttpClient.HttpClient, () => true)
  const { url } = yield* ApiOrigin
  const known = yield* CurrentValue.make<ConnectivityState>("online")
  const cut = yield* Effect.makeLatch(false)
  const asked = yield* Effect.makeLatch(false)
  const { reached, unreachable } = judging({
    online: () => {
      known.unsafeSet("online")
      cut.unsafeClose()
    },
    offline: () => {
      known.unsafeSet("offline")
      cut.unsafeOpen()
    }
  })

  const probe = transport.head(`${url}/`).pipe(
    Effect.timeout(probeTimeout),
    Effect.zipRight(reached),
    Effect.tapDefect(() => Effect.logWarning("Asking whether the backend can be reached failed by a defect")),
    // Whatever it ended with, the next one is due.
    Effect.catchAllCause(() => Effect.void)
  )
  const probing = Effect.gen(function*() {
    yield* cut.await
    let failures = 0
    do {
      yield* asked.close
      yield* Effect.raceFirst(pause(failures++), Effect.zipRight(Effect.sleep(firstProbe), asked.await))
      if ((yield* known.get) === "offline") yield* probe
    } while ((yield* known.get) === "offline")
  })
  yield* Effect.forkScoped(Effect.forever(probing))

  return Context.make(Connectivity, { state: known.get, changes: known.changes }).pipe(
    Context.add(Reachability, { reached, unreachable, wanted: asked.open })
  )
})

export const layer: Layer.Layer<Connectivity | Reachability, never, HttpClient.HttpClient | ApiOrigin> = Layer
  .scopedContext(make)
