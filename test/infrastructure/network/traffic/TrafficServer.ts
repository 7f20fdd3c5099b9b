/**
 * A backend for mixed traffic: what it does with a request stands in the request, and it remembers what had an effect.
 */
import { Effect } from "effect"
import { createHash } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** Of a piece of every download; its length is a multiple of the pattern's, so that all pieces are alike. */
export const piece = Buffer.from(Uint8Array.from({ length: 251 * 256 }, (_, index) => index % 251))

/** After so many requests a connection is closed, so that new ones are opened all the time. */
const requestsPerConnection = 40

/** After so many requests the tokens of before are not accepted any more. */
const requestsPerGeneration = 150

const kept = { "cache-control": "max-age=5", "etag": "\"7\"" }

interface Effected {
  readonly answer: string
  times: number
}

export class TrafficServer {
  /** Tokens of this generation are accepted. */
  generation = 1
  requests = 0
  /** Requests with a key that had been seen already. */
  repeated = 0
  private readonly effects = new Map<string, Effected>()
  private readonly seen = new Set<string>()
  private readonly timers = new Set<NodeJS.Timeout>()
  readonly http = createServer({ keepAliveTimeout: 5_000 }, (request, response) => this.answer(request, response))

  constructor() {
    this.http.maxRequestsPerSocket = requestsPerConnection
    // Peers that reset are part of the traffic.
    this.http.on("clientError", (_, socket) => socket.destroy())
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port
  }

  /** How often the call had its effect, which is forgotten with the question. */
  takeEffects(call: string): number {
    const times = this.effects.get(call)?.times ?? 0
    this.effects.delete(call)
    return times
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.http.getConnections((error, count) => error === null ? resolve(count) : reject(error))
    })
  }

  close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer)
    this.http.closeAllConnections()
    return new Promise((resolve) => this.http.close(() => resolve()))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    request.on("error", () => undefined)
    response.on("error", () => undefined)
    this.requests++
    if (this.requests % requestsPerGeneration === 0) this.generation++
    if (request.headers.authorization !== `Bearer ${this.generation}`) {
      return this.json(request, response, 401, { why: "an old token" })
    }
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server")
    const number = (name: string) => Number(searchParams.get(name) ?? 0)
    switch (pathname) {
      case "/small":
        return this.json(request, response, 200, { version: 7 })
      case "/kept":
        return request.headers["if-none-match"] === "\"7\""
          ? this.json(request, response, 304, undefined, kept)
          : this.json(request, response, 200, { version: 7 }, kept)
      case "/download":
        return download(response, number("pieces"))
      case "/upload":
        return this.upload(request, response)
      case "/charge":
        return this.charge(request, response, searchParams.get("lose") !== null)
      case "/once":
        return this.refuseOnce(request, response, searchParams.get("id") ?? "", number("status"))
      case "/slow":
        return this.later(number("ms"), () => this.json(request, response, 200, { version: 7 }))
    }
    return this.json(request, response, 404, {})
  }

  private later(millis: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      run()
    }, millis)
    this.timers.add(timer)
  }

  private json(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    body: object | undefined,
    headers = {}
  ): void {
    // A body that nobody reads would keep the connection.
    request.resume()
    if (response.destroyed) return
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }

  /** Refuses the first request of `id`, and says to come back in a second. */
  private refuseOnce(request: IncomingMessage, response: ServerResponse, id: string, status: number): void {
    if (this.seen.delete(id)) return this.json(request, response, 200, { version: 7 })
    this.seen.add(id)
    // Whoever gave up does not come back.
    this.later(30_000, () => this.seen.delete(id))
    this.json(request, response, status, {}, { "retry-after": "1" })
  }

  private upload(request: IncomingMessage, response: ServerResponse): void {
    const hash = createHash("sha256")
    let bytes = 0
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length
      hash.update(chunk)
    })
    request.on("end", () => this.json(request, response, 200, { bytes, sha256: hash.digest("hex") }))
  }

  /** Has its effect once for each key. `lose`: the first answer does not arrive. */
  private charge(request: IncomingMessage, response: ServerResponse, lose: boolean): void {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const { call } = JSON.parse(Buffer.concat(chunks).toString())
      const key = String(request.headers["idempotency-key"])
      const known = this.effects.get(call)
      if (known?.answer === key) {
        this.repeated++
        return this.json(request, response, 200, { charged: key })
      }
      // Another key for the same call is another effect, which is what must not be.
      this.effects.set(call, { answer: key, times: (known?.times ?? 0) + 1 })
      if (lose) return void request.socket.destroy()
      this.json(request, response, 200, { charged: key })
    })
  }
}

const download = (response: ServerResponse, pieces: number): void => {
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": pieces * piece.length,
    "cache-control": "no-store"
  })
  let left = pieces
  const write = (): void => {
    while (left > 0 && !response.destroyed) {
      left--
      if (!response.write(piece) && left > 0) return void response.once("drain", write)
    }
    response.end()
  }
  write()
}

export const listen = Effect.acquireRelease(
  Effect.async<TrafficServer>((resume) => {
    const server = new TrafficServer()
    server.http.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.promise(() => server.close())
)
