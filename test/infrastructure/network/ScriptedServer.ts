/**
 * A server that answers as the test says and keeps what it was asked.
 */
import { Effect, Layer } from "effect"
import type { ConnectionCut } from "../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import { ConnectionRefused, MemoryServer } from "../../../src/infrastructure/network/api/transport/MemoryServer.ts"

export interface Received {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Answer = Effect.Effect<Response, ConnectionRefused | ConnectionCut>

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })

/** `answer` gets the request and how many came before it. */
export const make = (answer: (request: Received, index: number) => Answer | Response) => {
  const requests: Array<Received> = []
  const handle = (request: Request) =>
    Effect.gen(function*() {
      const received = {
        method: request.method,
        url: new URL(request.url),
        headers: Object.fromEntries(request.headers),
        body: yield* Effect.promise(() => request.text())
      }
      requests.push(received)
      const response = answer(received, requests.length - 1)
      return response instanceof Response ? response : yield* response
    })
  return { requests, layer: Layer.succeed(MemoryServer, { handle, connect: () => new ConnectionRefused() }) }
}
