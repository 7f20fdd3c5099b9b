import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { createHash } from "node:crypto"
import { TransportFailure } from "../../../../src/infrastructure/network/api/ApiError.ts"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import { BufferedResponse } from "../../../../src/infrastructure/network/api/transport/BufferedResponse.ts"
import { Transport } from "../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import { serve } from "../api/transport/LoopbackServer.ts"
import * as Loop from "./Loop.ts"

/** No wait between attempts. */
const hasty = { retry: { ...ApiPolicy.defaults.retry, base: 0, throttledBase: 0 } }

/** Fails `failures` times and then succeeds; keeps the digest and length of what it got each time. */
const digesting = (failures: number) => {
  const received: Array<string> = []
  return Effect.map(
    serve((request, response) => {
      const hash = createHash("sha256")
      let size = 0
      request.on("data", (chunk: Buffer) => {
        hash.update(chunk)
        size += chunk.length
      })
      request.on("end", () => {
        received.push(`${size} ${hash.digest("hex")} ${request.headers["content-type"]}`)
        response.statusCode = received.length > failures ? 200 : 503
        response.end("an answer")
      })
    }),
    ({ url }) => ({ url, received })
  )
}

const pattern = (size: number) => Uint8Array.from({ length: size }, (_, index) => (index * 31 + 7) % 251)

const form = () => {
  const data = new FormData()
  data.append("name", "päivää")
  data.append("file", new Blob([pattern(50_000)]), "file.bin")
  return data
}

const pieces = () => Stream.make(pattern(70_000), pattern(3), pattern(200_000))

const put = (url: string, body: HttpBody.HttpBody) => HttpClientRequest.put(url).pipe(HttpClientRequest.setBody(body))

describe("Retried bodies", () => {
  const replayed: ReadonlyArray<readonly [string, () => HttpBody.HttpBody, number]> = [
    ["bytes", () => HttpBody.uint8Array(pattern(100_000)), 100_000],
    ["a form", () => HttpBody.formData(form()), 50_000],
    ["a stream that may be run again", () => HttpBody.stream(pieces(), "application/x-test"), 270_003],
    ["a stream of known length that may be run again", () => HttpBody.stream(pieces(), "a/b", 270_003), 270_003]
  ]
  for (const [name, body, atLeast] of replayed) {
    it.scopedLive(`${name} is the same on the wire at every attempt`, () =>
      Effect.gen(function*() {
        const { received, url } = yield* digesting(3)
        const { call } = Loop.over(yield* Transport, hasty)
        const response = yield* call(put(url, body()), { options: { replayableBody: true } })
        assert.strictEqual(response.status, 200)
        assert.strictEqual(received.length, 4)
        assert.strictEqual(new Set(received).size, 1)
        assert.isAtLeast(Number.parseInt(received[0] ?? "0"), atLeast)
      }).pipe(Effect.provide(UndiciTransport.layer())))
  }

  it.scopedLive("a stream of which nobody says that it may be run again is sent once, whole", () =>
    Effect.gen(function*() {
      const { received, url } = yield* digesting(3)
      const { call, calls } = Loop.over(yield* Transport, hasty)
      const failure = yield* Effect.flip(call(put(url, HttpBody.stream(pieces(), "application/x-test"))))
      assert.deepInclude(failure, { _tag: "BodyNotReplayable", outcome: "failed" })
      assert.deepStrictEqual(calls[0]?.attempts.map(({ cause }) => cause), ["503"])
      const expected = createHash("sha256").update(pattern(70_000)).update(pattern(3)).update(pattern(200_000))
      assert.deepStrictEqual(received, [`270003 ${expected.digest("hex")} application/x-test`])
    }).pipe(Effect.provide(UndiciTransport.layer())))

  it.effect("such a stream is sent again as long as nothing began to read it", () =>
    Effect.gen(function*() {
      let sent = 0
      const exchange: typeof Transport.Service.exchange = (request) =>
        Effect.suspend(() => {
          if (++sent < 3) return new TransportFailure({ reason: "refused", sent: "no" })
          const { body } = request
          return body._tag !== "Stream" ? Effect.die("no stream") : Stream.runDrain(Stream.orDie(body.stream)).pipe(
            Effect.as(new BufferedResponse(request, sent < 4 ? 503 : 200, {}, new Uint8Array()))
          )
        })
      const { call } = Loop.over({ exchange }, hasty)
      const failure = yield* Effect.flip(call(put(Loop.url, HttpBody.stream(pieces()))).pipe(Loop.inVirtualTime()))
      assert.strictEqual(failure._tag, "BodyNotReplayable")
      assert.strictEqual(sent, 3)
    }))

  it.scopedLive("40 calls that first get a 503 with 100 KB need at most two sockets", () =>
    Effect.gen(function*() {
      let requests = 0
      const large = Buffer.from(pattern(100 * 1024))
      const server = yield* serve((_, response) => {
        response.statusCode = requests++ % 2 === 0 ? 503 : 200
        // Its length is not known before it ends.
        for (let each = 0; each < 4; each++) response.write(large.subarray(each * 25_600, (each + 1) * 25_600))
        response.end()
      })
      const { call } = Loop.over(yield* Transport, hasty)
      const responses = yield* Effect.replicateEffect(call(HttpClientRequest.get(server.url)), 40)
      assert.isTrue(responses.every(({ status }) => status === 200))
      assert.strictEqual(requests, 80)
      assert.isAtMost(server.sockets(), 2)
    }).pipe(Effect.provide(UndiciTransport.layer())))
})
