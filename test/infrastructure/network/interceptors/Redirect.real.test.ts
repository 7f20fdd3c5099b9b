/**
 * Redirects of Debian's httpbin, over real connections.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as ApiPolicy from "../../../../src/infrastructure/network/api/ApiPolicy.ts"
import * as OriginState from "../../../../src/infrastructure/network/api/origin/OriginState.ts"
import * as Pipeline from "../../../../src/infrastructure/network/api/Pipeline.ts"
import { Transport } from "../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciTransport from "../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import * as Redirect from "../../../../src/infrastructure/network/interceptors/Redirect.ts"
import * as httpbin from "../../../support/httpbin.ts"
import * as CallFixture from "./CallFixture.ts"

const parts = Layer.merge(
  UndiciTransport.layer(),
  Layer.provideMerge(OriginState.layer, ApiPolicy.layer())
)

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.gen(function*() {
    const context = yield* Layer.build(parts)
    const origins = Context.get(context, OriginState.OriginStates)
    const fused = Pipeline.fuse([Redirect.make(origins)], Context.get(context, Transport))
    const call = yield* CallFixture.make(request, origins.of(new URL(request.url).origin))
    const response = yield* fused(request, call)
    const text = yield* response.text
    return { status: response.status, text, resends: call.attempts.length }
  })

const received = (text: string): Readonly<Record<string, Readonly<Record<string, string>>>> => JSON.parse(text)

const authorization = { authorization: "Bearer secret", cookie: "a=b" }

describe.skipIf(!httpbin.isInstalled())("redirects of httpbin", () => {
  it.scopedLive(
    "are followed to their end, relative and absolute, and no further than five",
    () =>
      Effect.gen(function*() {
        const url = yield* httpbin.start
        for (const path of ["redirect/3", "relative-redirect/5", "absolute-redirect/5"]) {
          const followed = yield* send(HttpClientRequest.get(`${url}/${path}`, { headers: authorization }))
          assert.strictEqual(followed.status, 200, path)
          assert.strictEqual(followed.resends, Number(path.split("/")[1]))
          // The origin stays the same, so that nothing is held back.
          assert.strictEqual(received(followed.text)["headers"]?.["Authorization"], "Bearer secret")
        }
        const tooMany = yield* send(HttpClientRequest.get(`${url}/absolute-redirect/6`))
        assert.deepStrictEqual([tooMany.status, tooMany.resends], [302, 5])
      }),
    60_000
  )

  it.scopedLive(
    "to another port take neither Authorization nor Cookie along, and no body",
    () =>
      Effect.gen(function*() {
        const [here, there] = yield* Effect.all([httpbin.start, httpbin.start], { concurrency: 2 })
        const target = (path: string) => `${here}/redirect-to?status_code=307&url=${encodeURIComponent(there + path)}`
        const followed = yield* send(HttpClientRequest.get(target("/headers"), { headers: authorization }))
        assert.strictEqual(followed.status, 200)
        const headers = Object.keys(received(followed.text)["headers"] ?? {})
        assert.include(headers, "Host")
        assert.notInclude(headers, "Authorization")
        assert.notInclude(headers, "Cookie")
        const bearer = yield* send(HttpClientRequest.get(target("/bearer"), { headers: authorization }))
        assert.strictEqual(bearer.status, 401)
        const post = HttpClientRequest.post(target("/post"), { headers: authorization })
        const posted = yield* send(HttpClientRequest.bodyText(post, "body", "text/plain"))
        assert.deepStrictEqual([posted.status, posted.resends], [307, 0])
      }),
    60_000
  )
})
