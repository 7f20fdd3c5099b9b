/**
 * A TCP proxy on loopback that does to connections what networks do. It works in real time: what it delays is real.
 */
import { Duration, Effect } from "effect"
import type { Scope } from "effect"
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

export interface NetworkFaults {
  /** Each way. */
  readonly latency?: Duration.DurationInput
  /** At most so much more than `latency`, by the proxy's seed. */
  readonly jitter?: Duration.DurationInput
  /** Bytes per second of one connection, each way. */
  readonly bandwidth?: number
  /** The connection is reset after so many bytes of what is sent to the client. */
  readonly cutAfter?: number
  /**
   * What becomes of connections: `reset` breaks them as soon as the client sends, `halfClose` tells the client that
   * nothing more comes and goes on reading, `blackhole` loses what either side sends.
   */
  readonly mode?: "pass" | "reset" | "halfClose" | "blackhole"
}

export interface FaultProxy {
  readonly port: number
  /** From now on, for all connections; the faults before are over. */
  readonly set: (faults: NetworkFaults) => Effect.Effect<void>
  /** Breaks all connections that are open. */
  readonly resetAll: Effect.Effect<void>
  readonly open: Effect.Effect<number>
  /** How many there were so far. */
  readonly accepted: Effect.Effect<number>
}

/** Held for a slow side before the fast one is paused, in bytes. */
const highWaterMark = 65_536

/** mulberry32: the same numbers for the same seed. */
const random = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6D2B79F5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const millis = (duration: Duration.DurationInput | undefined) =>
  duration === undefined ? 0 : Duration.toMillis(duration)

/** Carries one direction of a connection, in order. */
class Lane {
  private readonly from: Socket
  private readonly to: Socket
  private readonly faults: () => NetworkFaults
  private readonly chance: () => number
  private readonly toClient: boolean
  private readonly timers = new Set<ReturnType<typeof setTimeout>>()
  private readonly waiting: Array<() => void> = []
  private broken = false
  private lastDelivery = 0
  private free = 0
  private held = 0
  private carried = 0

  constructor(from: Socket, to: Socket, faults: () => NetworkFaults, chance: () => number, toClient: boolean) {
    this.from = from
    this.to = to
    this.faults = faults
    this.chance = chance
    this.toClient = toClient
  }

  start(): void {
    const { from, to } = this
    from.on("data", (chunk: Buffer) => this.carry(chunk))
    from.on("end", () => this.later(0, () => to.end()))
    from.on("close", () => this.stop())
    to.on("close", () => this.stop())
    to.on("drain", () => this.settle())
  }

  private carry(chunk: Buffer): void {
    const { mode } = this.faults()
    if (mode === "blackhole") return
    if (mode === "reset") return void (this.toClient ? this.to : this.from).resetAndDestroy()
    this.held += chunk.length
    if (this.held > highWaterMark) this.from.pause()
    this.later(chunk.length, () => this.deliver(chunk))
  }

  private deliver(chunk: Buffer): void {
    this.held -= chunk.length
    if (this.broken) return
    const { cutAfter } = this.faults()
    const left = this.toClient && cutAfter !== undefined ? Math.max(0, cutAfter - this.carried) : chunk.length
    this.carried += chunk.length
    if (left < chunk.length) {
      this.broken = true
      this.to.write(chunk.subarray(0, left), () => this.to.resetAndDestroy())
      return
    }
    if (this.to.write(chunk)) this.settle()
  }

  private settle(): void {
    if (this.held <= highWaterMark && this.to.writableLength <= highWaterMark) this.from.resume()
  }

  private later(bytes: number, run: () => void): void {
    const { bandwidth, jitter, latency } = this.faults()
    const now = performance.now()
    this.free = Math.max(now, this.free) + (bandwidth === undefined ? 0 : bytes / bandwidth * 1000)
    this.lastDelivery = Math.max(this.lastDelivery, this.free + millis(latency) + this.chance() * millis(jitter))
    // Timers that are due together fire in any order.
    this.waiting.push(run)
    // @effect-diagnostics-next-line globalTimers:off
    const timer = setTimeout(() => { // bytes on a socket do not wait for the Clock of a test
      this.timers.delete(timer)
      this.waiting.shift()?.()
    }, this.lastDelivery - now)
    this.timers.add(timer)
  }

  private stop(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
    this.waiting.length = 0
  }
}

/** Stands in front of a server until the scope closes. */
export const make = (target: {
  readonly port: number
  readonly host?: string
  readonly seed?: number
}): Effect.Effect<FaultProxy, never, Scope.Scope> => {
  let faults: NetworkFaults = {}
  let accepted = 0
  const clients = new Set<Socket>()
  const chance = random(target.seed ?? 1)
  const current = () => faults
  const server = createServer({ allowHalfOpen: true }, (client) => {
    accepted++
    clients.add(client)
    const upstream = connect({ port: target.port, host: target.host ?? "127.0.0.1", allowHalfOpen: true })
    client.on("close", () => {
      clients.delete(client)
      upstream.destroy()
    })
    upstream.on("close", () => client.destroySoon())
    client.on("error", () => upstream.destroy())
    upstream.on("error", () => client.resetAndDestroy())
    if (faults.mode === "halfClose") client.end()
    new Lane(client, upstream, current, chance, false).start()
    new Lane(upstream, client, current, chance, true).start()
  })
  const resetAll = Effect.sync(() => {
    for (const client of clients) client.resetAndDestroy()
  })
  const listen = Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  })
  const close = Effect.zipRight(resetAll, Effect.sync(() => void server.close()))
  return Effect.map(Effect.acquireRelease(listen, () => close), (port) => ({
    port,
    set: (next) =>
      Effect.sync(() => {
        faults = next
        if (next.mode === "halfClose") { for (const client of clients) client.end() }
      }),
    resetAll,
    open: Effect.sync(() => clients.size),
    accepted: Effect.sync(() => accepted)
  }))
}
