/**
 * In a process of its own, because what is counted is the process's.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schedule, Stream } from "effect"
import { discard } from "../../../../../src/infrastructure/network/api/transport/Discard.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import type { PhaseLimits } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { serve } from "./LoopbackServer.ts"

const limits: PhaseLimits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 10_000, total: 20_000 }

const resources = Effect.sync(() => process.getActiveResourcesInfo().filter((each) => each !== "Immediate").toSorted())

/** What is there now and was not before. The runner has timers of its own, which end when they like. */
const added = (before: ReadonlyArray<string>) =>
  Effect.map(resources, (after) => {
    const left = [...before]
    return after.filter((each) => {
      const index = left.indexOf(each)
      if (index >= 0) left.splice(index, 1)
      return index < 0
    })
  })

const warnings = Effect.acquireRelease(
  Effect.sync(() => {
    const names: Array<string> = []
    const listen = ({ name }: Error) => void names.push(name)
    process.on("warning", listen)
    return { names, listen }
  }),
  ({ listen }) => Effect.sync(() => void process.off("warning", listen))
)

describe("after 10,000 exchanges of all kinds", () => {
  it.scopedLive("no socket, timer or listener is left behind", () =>
    Effect.gen(function*() {
      const { names } = yield* warnings
      const { url } = yield* serve((request, response) => {
        request.resume()
        if (request.url === "/reset") return void request.socket.destroy()
        if (request.url === "/silent") return
        request.on("end", () => response.end(request.url === "/large" ? Buffer.alloc(1_100_000) : "small"))
      })
      const before = yield* resources
      yield* Effect.gen(function*() {
        const { exchange } = yield* Transport
        const to = (path: string, changed: Partial<PhaseLimits> = {}) =>
          exchange(HttpClientRequest.get(url + path), { ...limits, ...changed })
        const upload = exchange(
          HttpClientRequest.bodyStream(
            HttpClientRequest.post(`${url}small`),
            Stream.repeatValue(new Uint8Array(1000)).pipe(Stream.take(20))
          ),
          limits
        )
        const round = Effect.all([
          Effect.replicateEffect(to("small"), 90),
          Effect.flatMap(to("large"), discard),
          Effect.flatMap(to("large"), ({ text }) => text),
          Effect.scoped(to("large")),
          Effect.flip(to("reset")),
          Effect.timeoutOption(to("silent"), "2 millis"),
          Effect.flip(to("silent", { headers: 2 })),
          Effect.replicateEffect(upload, 4)
        ], { concurrency: "unbounded" })
        yield* Effect.all(Array.from({ length: 100 }, () => round), { concurrency: 8 })
      }).pipe(Effect.provide(Layer.fresh(UndiciTransport.layer())))
      // The server learns of closed connections a little later.
      yield* added(before).pipe(
        Effect.filterOrFail((more) => more.length === 0),
        Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 200 }),
        Effect.ignore
      )
      assert.deepStrictEqual(yield* added(before), [])
      assert.deepStrictEqual(names, [])
    }))
})
