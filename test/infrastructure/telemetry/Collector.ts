/**
 * A collector on loopback that records what it is sent and answers as told.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export type Behaviour = "accept" | "refuse" | "hang" | { readonly slowMillis: number }

export interface Collector {
  readonly endpoint: string
  readonly bodies: (path: string) => ReadonlyArray<string>
  /** Names of all spans received, in order. */
  readonly spanNames: () => ReadonlyArray<string>
  readonly headers: () => ReadonlyArray<Http.IncomingHttpHeaders>
  readonly behave: (behaviour: Behaviour) => void
  readonly mostConnections: () => number
}

export interface SentSpan {
  readonly name: string
  readonly status: { readonly code: number; readonly message?: string }
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: Readonly<Record<string, unknown>> }>
  readonly events: ReadonlyArray<{ readonly attributes: ReadonlyArray<{ readonly key: string }> }>
}

interface Otlp {
  readonly resourceSpans: ReadonlyArray<
    { readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<SentSpan> }> }
  >
}

export const spansIn = (body: string) =>
  (JSON.parse(body) as Otlp).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))

export const make = (initially: Behaviour = "accept"): Effect.Effect<Collector, never, Scope.Scope> =>
  Effect.gen(function*() {
    const received: Array<{ readonly path: string; readonly body: string }> = []
    const headers: Array<Http.IncomingHttpHeaders> = []
    let behaviour = initially
    let connections = 0
    let mostConnections = 0
    const server = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        headers.push(request.headers)
        const accept = () => {
          received.push({ path: request.url ?? "", body: Buffer.concat(chunks).toString() })
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        }
        if (behaviour === "accept") accept()
        else if (behaviour === "refuse") response.writeHead(500).end("the answer of a collector")
        else if (behaviour !== "hang") setTimeout(accept, behaviour.slowMillis)
      })
    })
    server.on("connection", (socket) => {
      connections++
      mostConnections = Math.max(mostConnections, connections)
      socket.on("close", () => connections--)
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    )
    const bodies = (path: string) => received.filter((each) => each.path === path).map(({ body }) => body)
    return {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bodies,
      spanNames: () => bodies("/v1/traces").flatMap((body) => spansIn(body)).map(({ name }) => name),
      headers: () => headers,
      behave: (next) => {
        behaviour = next
      },
      mostConnections: () => mostConnections
    }
  })
