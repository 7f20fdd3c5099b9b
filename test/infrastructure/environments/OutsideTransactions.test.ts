import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option } from "effect"
import * as Development from "../../../src/infrastructure/environments/Development.ts"
import { device } from "../../../src/infrastructure/environments/Device.ts"
import * as Local from "../../../src/infrastructure/environments/Local.ts"
import * as OutsideTransactions from "../../../src/infrastructure/environments/OutsideTransactions.ts"
import * as Production from "../../../src/infrastructure/environments/Production.ts"
import * as Staging from "../../../src/infrastructure/environments/Staging.ts"
import * as Test from "../../../src/infrastructure/environments/Test.ts"
import { Transport } from "../../../src/infrastructure/network/api/transport/Transport.ts"
import * as TransportHttpClient from "../../../src/infrastructure/network/api/transport/TransportHttpClient.ts"
import { RealtimeSocket } from "../../../src/infrastructure/network/websocket/RealtimeSocket.ts"
import type { Duplex } from "../../../src/infrastructure/network/websocket/RealtimeSocket.ts"
import { LocalDatabase } from "../../../src/infrastructure/storage/local/LocalDatabase.ts"
import * as SqliteLocalDatabase from "../../../src/infrastructure/storage/local/SqliteLocalDatabase.ts"

const inner = Transport.of({
  exchange: (request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response("hello")))
})
const server = Layer.succeedContext(
  TransportHttpClient.withTransport(inner)
)

const duplex: Duplex = {
  send: () => Effect.void,
  receive: Effect.never,
  ping: Effect.void,
  activity: Effect.succeed(0)
}

const network = Layer.mergeAll(
  OutsideTransactions.transport(server),
  OutsideTransactions.socket(Layer.succeed(RealtimeSocket, { open: () => Effect.succeed(duplex) })),
  SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [] })
)

const request = Effect.flatMap(HttpClient.HttpClient, (client) =>
  Effect.flatMap(
    client.execute(HttpClientRequest.post("http://backend.test/v1/notes?q=canary", { urlParams: { also: "canary" } })),
    (response) => response.text
  ))

const connect = Effect.scoped(Effect.flatMap(RealtimeSocket, ({ open }) => open("ws://backend.test/?q=canary", {})))

const inTransaction = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.flatMap(LocalDatabase, ({ writeTransaction }) => Effect.exit(writeTransaction(work)))

/** Of a bug. */
const message = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.dieOption(exit.cause)) : undefined

const networkOf = (
  { socket, transport }: { readonly transport: unknown; readonly socket: unknown }
) => [transport, socket]

describe("OutsideTransactions", () => {
  it.effect("a request inside a write transaction is a bug that names it, but for its query", () =>
    Effect.gen(function*() {
      const found = String(message(yield* inTransaction(request)))
      assert.include(found, "POST /v1/notes inside a write transaction")
      assert.notInclude(found, "canary")
    }).pipe(Effect.provide(network)))

  it.effect("so is a connection", () =>
    Effect.gen(function*() {
      const found = String(message(yield* inTransaction(connect)))
      assert.include(found, "Opening a WebSocket inside a write transaction")
      assert.notInclude(found, "canary")
    }).pipe(Effect.provide(network)))

  it("stands in the environments of people who build the application, and in no other", () => {
    const remote = [device.transport, device.socket]
    for (const { parts } of [Production, Staging]) {
      for (const [index, part] of networkOf(parts).entries()) assert.isTrue(part === remote[index])
    }
    for (const { parts } of [Local, Development]) {
      for (const [index, part] of networkOf(parts).entries()) assert.isFalse(part === remote[index])
    }
  })

  it.effect("stands in the environment of tests", () =>
    Effect.gen(function*() {
      const found = String(message(yield* inTransaction(request)))
      assert.include(found, "POST /v1/notes inside a write transaction")
    }).pipe(
      Effect.provide(Layer.merge(
        Layer.provide(Test.parts.transport, Test.backend),
        SqliteLocalDatabase.layer({ filename: ":memory:", migrations: [] })
      ))
    ))

  it.effect("anywhere else they go on, beside and after transactions, and in a snapshot", () =>
    Effect.gen(function*() {
      const { readSnapshot, sql, writeTransaction } = yield* LocalDatabase
      yield* writeTransaction(sql`CREATE TABLE a (b)`)
      assert.strictEqual(yield* request, "hello")
      assert.strictEqual(yield* readSnapshot(Effect.zipRight(sql`SELECT b FROM a`, request)), "hello")
      yield* connect
    }).pipe(Effect.provide(network)))
})
