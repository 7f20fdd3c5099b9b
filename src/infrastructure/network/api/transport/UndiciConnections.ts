/**
 * Pools of kept connections, one per origin, each to the origin itself or through a proxy.
 */
import { Duration, Effect, Predicate, Redacted } from "effect"
import type { Scope } from "effect"
import type { buildConnector, Dispatcher } from "undici"
import connect from "undici/lib/api/api-connect.js"
import connectorOf from "undici/lib/core/connect.js"
import Agent from "undici/lib/dispatcher/agent.js"
import Pool from "undici/lib/dispatcher/pool.js"
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js"
import { proxyFor } from "./Proxies.ts"
import type { ProxyOptions } from "./Proxies.ts"
import { connectOptions } from "./Tls.ts"
import type { TlsOptions } from "./Tls.ts"

export interface ConnectionOptions {
  /** At most, to one origin; 128 unless told. Exchanges beyond wait for one, in their phase `connect`. */
  readonly connections?: number
  /** How long a connection without a request is kept when the server says nothing; 4 seconds unless told. */
  readonly keepAlive?: Duration.DurationInput
  readonly tls?: TlsOptions
  readonly proxies?: ProxyOptions
}

/** A connection that nobody waits for any more is given up after this, in milliseconds. */
const connectLimit = 10_000

/** Sends a request over a connection to its origin. */
export type Dispatch = (
  options: Dispatcher.DispatchOptions & { readonly origin: string },
  handler: Dispatcher.DispatchHandler
) => void

/** A tunnel that was not opened. undici takes its own code for the end of a kept connection, and connects again, for ever. */
const unopened = (cause: unknown) =>
  Predicate.hasProperty(cause, "code") && cause.code === "UND_ERR_SOCKET"
    ? Object.assign(new Error("The proxy closed the connection", { cause }), { code: "ECONNRESET" })
    : cause

/** The main module of undici adds `connect` to all dispatchers, and much else. */
const tunnels = (origin: URL, options: object) => {
  const pool = new Pool(origin, options)
  return Object.assign(pool, {
    connect: (request: Dispatcher.ConnectOptions) =>
      connect.call(pool, request).catch((cause: unknown) => Promise.reject(unopened(cause)))
  })
}

/**
 * undici takes a reset connection for the end of a body that has no other, by the code of the error. With another one it
 * fails what was going on.
 */
const resetIsNoEnd = (connector: buildConnector.connector): buildConnector.connector => (options, callback) =>
  connector(options, (...result) => {
    result[1]?.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") error.code = "ECONNABORTED"
    })
    callback(...result)
  })

const owned = <A extends Dispatcher>(create: () => A) =>
  Effect.acquireRelease(Effect.sync(create), (agent) => Effect.ignore(Effect.tryPromise(() => agent.destroy())))

export const make = (options: ConnectionOptions): Effect.Effect<Dispatch, never, Scope.Scope> =>
  Effect.gen(function*() {
    const pool = {
      connections: options.connections ?? 128,
      pipelining: 1,
      keepAliveTimeout: Duration.toMillis(options.keepAlive ?? "4 seconds")
    }
    const connecting = { timeout: connectLimit, ...connectOptions(options.tls ?? {}) }
    /** The connections to one origin. A proxy's agent says how they are made. */
    const poolOf = (origin: string | URL, own: { readonly connect?: buildConnector.connector }) =>
      new Pool(origin, { ...own, connect: resetIsNoEnd(own.connect ?? connectorOf(connecting)) })
    const direct = yield* owned(() => new Agent({ ...pool, factory: poolOf }))
    const { proxies = {} } = options
    const through = new Map<string, Dispatcher>()
    for (const proxy of [proxies.http, proxies.https]) {
      const uri = proxy && Redacted.value(proxy)
      if (uri === undefined || through.has(uri)) continue
      // Plain requests are handed to the proxy as RFC 9112, section 3.2.2, says; only encrypted ones need a tunnel.
      const tls = { proxyTls: connecting, requestTls: connecting, proxyTunnel: false, clientFactory: tunnels }
      through.set(uri, yield* owned(() => new ProxyAgent({ ...pool, ...tls, uri, factory: poolOf })))
    }
    if (through.size === 0) return (request, handler) => void direct.dispatch(request, handler)
    return (request, handler) => {
      const proxy = proxyFor(request.origin, proxies)
      const agent = proxy && through.get(Redacted.value(proxy))
      if (agent === undefined) direct.dispatch(request, handler)
      // A proxy agent writes into the headers that it is given.
      else agent.dispatch({ ...request, headers: { ...request.headers as Record<string, string> } }, handler)
    }
  })
