import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import {
  ConnectionRefused,
  MemoryServer
} from "../../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import * as MemoryTransport from "../../../../../src/infrastructure/network/api/transport/MemoryTransport.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import { contract } from "../../../../../src/testing/contract/TransportContract.ts"
import { suite } from "../../../../../src/testing/vitest.ts"
import * as StepServer from "./StepServer.ts"

suite(contract, "memory", Layer.provideMerge(MemoryTransport.layer, StepServer.memory))

it.effect("MemoryTransport keeps several cookies apart", () =>
  Effect.gen(function*() {
    const { exchange } = yield* Transport
    const limits = { connect: 1000, headers: 1000, bodyIdle: 1000, attempt: 1000, total: 1000 }
    const { cookies } = yield* exchange(HttpClientRequest.get("http://api.test/"), limits)
    assert.deepStrictEqual(
      Object.values(cookies.cookies).map(({ name, value }) => `${name}=${value}`),
      ["one=1", "two=2"]
    )
  }).pipe(
    Effect.provide(MemoryTransport.layer),
    Effect.provideService(MemoryServer, {
      handle: () =>
        Effect.sync(() => new Response("", { headers: [["set-cookie", "one=1; Path=/"], ["set-cookie", "two=2"]] })),
      connect: () => new ConnectionRefused()
    })
  ))
