/**
 * Plays the steps of scripts as a real server on loopback, and as one in memory. What takes time takes none.
 */
import { Deferred, Effect, Layer } from "effect"
import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import {
  ConnectionCut,
  ConnectionRefused,
  MemoryServer
} from "../../../../../src/infrastructure/network/api/transport/MemoryServer.ts"
import { behaviour, OtherSide } from "../../../../../src/testing/contract/TransportSubject.ts"
import type { Received } from "../../../../../src/testing/contract/TransportSubject.ts"
import type { Step } from "../../../../../src/testing/ScriptedTransport.ts"

const of = <A>(all: Map<string, Deferred.Deferred<A>>, key: string) => {
  const known = all.get(key)
  if (known !== undefined) return known
  const made = Effect.runSync(Deferred.make<A>())
  all.set(key, made)
  return made
}
const keys = (target: string) => [target, target.split("?")[0] ?? target]

/** Who waits for what, by the beginning of targets. */
const makeLog = () => {
  const arrived = new Map<string, Deferred.Deferred<Received>>()
  const left = new Map<string, Deferred.Deferred<void>>()
  return {
    received: (target: string) => Deferred.await(of(arrived, target)),
    givenUp: (target: string) => Deferred.await(of(left, target)),
    arrive: (received: Received) => {
      for (const key of keys(received.target)) Deferred.unsafeDone(of(arrived, key), Effect.succeed(received))
    },
    leave: (target: string) => {
      for (const key of keys(target)) Deferred.unsafeDone(of(left, key), Effect.void)
    }
  }
}

const bodyOf = ({ body = "", cut }: Step) => {
  const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body)
  return { bytes: bytes.subarray(0, cut), length: bytes.length }
}

const play = (response: ServerResponse, step: Step) => {
  const { headers = {}, status = 200 } = step
  if (step.never === "head") return
  if (step.reset === true) return void response.socket?.destroy()
  const { bytes, length } = bodyOf(step)
  if (step.cut !== undefined) {
    response.writeHead(status, { ...headers, "content-length": length })
    return void response.write(bytes, () => response.socket?.destroy())
  }
  response.writeHead(status, headers)
  if (step.never === "body") response.write(bytes)
  else response.end(bytes)
}

const listen = (server: ReturnType<typeof createServer>) =>
  Effect.async<string>((resume) => {
    server.listen(0, "127.0.0.1", () =>
      resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)))
  })

/** A server on loopback. */
export const real: Layer.Layer<OtherSide> = Layer.scoped(
  OtherSide,
  Effect.gen(function*() {
    const { arrive, givenUp, leave, received } = makeLog()
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      const { headers, method = "", url: target = "" } = request
      response.on("close", () => {
        if (!response.writableFinished) leave(target)
      })
      request.on("error", () => undefined)
      request.on("data", (chunk: Buffer) => void chunks.push(chunk))
      request.on("end", () => {
        const exchange = { method, target, headers, body: Buffer.concat(chunks) }
        arrive(exchange)
        play(response, behaviour(exchange))
      })
    })
    const unused = createServer()
    const nowhere = yield* listen(unused)
    unused.close()
    const url = yield* Effect.acquireRelease(listen(server), () =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      }))
    return { url, nowhere, received, givenUp }
  })
)

/** The same without a socket. */
export const memory: Layer.Layer<OtherSide | MemoryServer> = Layer.unwrapEffect(Effect.sync(() => {
  const { arrive, givenUp, leave, received } = makeLog()
  const handle = (request: Request): Effect.Effect<Response, ConnectionRefused | ConnectionCut> =>
    Effect.gen(function*() {
      const { host, pathname, search } = new URL(request.url)
      if (host === "nowhere.test") return yield* new ConnectionRefused()
      const target = pathname + search
      const body = new Uint8Array(yield* Effect.promise(() => request.arrayBuffer()))
      const exchange = { method: request.method, target, headers: Object.fromEntries(request.headers), body }
      arrive(exchange)
      const step = behaviour(exchange)
      if (step.never === "head") return yield* Effect.onInterrupt(Effect.never, () => Effect.sync(() => leave(target)))
      if (step.reset === true) return yield* new ConnectionCut()
      const { bytes } = bodyOf(step)
      const { headers = {}, status = 200 } = step
      const streamed = step.never === "body" || step.cut !== undefined
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          if (bytes.length > 0) controller.enqueue(new Uint8Array(bytes))
        },
        pull: (controller) => {
          if (step.cut !== undefined) controller.error(new Error("cut"))
        }
      })
      return new Response(status === 204 ? null : streamed ? stream : new Uint8Array(bytes), { status, headers })
    })
  return Layer.merge(
    Layer.succeed(MemoryServer, { handle, connect: () => new ConnectionRefused() }),
    Layer.succeed(OtherSide, { url: "http://api.test", nowhere: "http://nowhere.test/", received, givenUp })
  )
}))
