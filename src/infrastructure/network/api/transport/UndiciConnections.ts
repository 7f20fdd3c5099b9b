/**
 * Pools of kept connections, one per origin, each to the origin itself or through a proxy.
 */
import { Duration, Effect, Predicate, Redacted } from "effect"
import type { Scope } from "effect"
import { Socket } from "node:net"
import type { buildConnector, Dispatcher } from "undici"
import connect from "undici/lib/api/api-connect.js"
import connectorOf from "undici/lib/core/connect.js"
import Agent from "undici/lib/dispatcher/agent.js"
import Pool from "undici/lib/dispatcher/pool.js"
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js"
import { credentialsOf, proxyFor } from "./Proxies.ts"
import type { ProxyOptions } from "./Proxies.ts"
import { connectOptions, proxyConnectOptions } from "./Tls.ts"
import type { TlsOptions } from "./Tls.ts"

export interface ConnectionOptions {
  /** At most, to one origin; 128 unless told. Exchanges beyond wait for one, in their phase `queue`. */
  readonly connections?: number
  /** How long a connection without a request is kept when the server says nothing; 4 seconds unless told. */
  readonly keepAlive?: Duration.DurationInput
  /**
   * A connection that is still being made is given up after this, encryption apart; 10 seconds unless told. As long may
   * the proxy take to open a tunnel.
   */
  readonly connectTimeout?: Duration.DurationInput
  readonly tls?: TlsOptions
  readonly proxies?: ProxyOptions
}

interface Connections {
  /** Sends a request over a connection to its origin. */
  readonly dispatch: (
    options: Dispatcher.DispatchOptions & { readonly origin: string },
    handler: Dispatcher.DispatchHandler
  ) => void
  /** Whether there are as many connections for an origin as there may be: who has none waits for one of them. */
  readonly isFull: (origin: string) => boolean
}

/** Codes that mean something else of a tunnel than of a request: after `UND_ERR_SOCKET` undici connects again, for ever. */
const codes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: "ECONNRESET",
  UND_ERR_HEADERS_TIMEOUT: "UND_ERR_CONNECT_TIMEOUT"
}

/** Why there is no tunnel. */
const unopened = (cause: unknown) => {
  const code = Predicate.hasProperty(cause, "code") ? codes[String(cause.code)] : undefined
  return code === undefined ? cause : Object.assign(new Error("The proxy opened no tunnel", { cause }), { code })
}

/** The main module of undici adds `connect` to all dispatchers, and much else. */
const withConnect = (pool: Dispatcher) =>
  Object.assign(pool, {
    connect: (request: Dispatcher.ConnectOptions) =>
      connect.call(pool, request).catch((cause: unknown) => Promise.reject(unopened(cause)))
  })

/** Agents that are closed leave connections that are still being made, for aborted requests too. These are closed here. */
const closing = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => ({ sockets: new Set<Socket>(), over: false })),
    (made) =>
      Effect.sync(() => {
        made.over = true
        for (const socket of made.sockets) socket.destroy()
      })
  ),
  (made) => (connector: buildConnector.connector): buildConnector.connector => (options, callback) => {
    if (made.over) return callback(Object.assign(new Error("The layer is closed"), { code: "UND_ERR_CLOSED" }), null)
    const socket: unknown = connector(options, callback)
    if (!(socket instanceof Socket)) return
    made.sockets.add(socket)
    socket.once("close", () => made.sockets.delete(socket))
  }
)

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

const isEncrypted = (proxy: string) => new URL(proxy).protocol === "https:"

interface Making {
  readonly connect?: buildConnector.connector
}

const owned = <A extends Dispatcher>(create: () => A) =>
  Effect.acquireRelease(Effect.sync(create), (agent) => Effect.ignore(Effect.tryPromise(() => agent.destroy())))

export const make = (options: ConnectionOptions): Effect.Effect<Connections, never, Scope.Scope> =>
  Effect.gen(function*() {
    const pool = {
      connections: options.connections ?? 128,
      pipelining: 1,
      keepAliveTimeout: Duration.toMillis(options.keepAlive ?? "4 seconds")
    }
    const timeout = Duration.toMillis(options.connectTimeout ?? "10 seconds")
    const { proxies = {}, tls: tlsOptions = {} } = options
    const connecting = { timeout, ...connectOptions(tlsOptions) }
    const closed = yield* closing
    /** The pools that have connections, by the origin that is asked for: for plain requests, a proxy's is to the proxy. */
    const pools = new Map<string, InstanceType<typeof Pool>>()
    /** Of the request that is being dispatched: undici makes the pool for an origin with its first request. */
    let asked = ""
    /** The connections to one origin. A proxy's agent says how they are made. */
    const poolOf = (origin: string | URL, own: Making) => {
      const key = asked
      const connector = closed(resetIsNoEnd(own.connect ?? connectorOf(connecting)))
      const made = new Pool(origin, { ...pool, ...own, connect: connector })
      return made.on("connect", () => pools.set(key, made)).on("disconnect", () => {
        if (made.stats.connected === 0 && pools.get(key) === made) pools.delete(key)
      })
    }
    const tunnels = (origin: URL, { connect: connector }: Making) =>
      withConnect(new Pool(origin, { headersTimeout: timeout, ...(connector && { connect: closed(connector) }) }))
    const direct = yield* owned(() => new Agent({ ...pool, factory: poolOf }))
    const proxied = new Set([proxies.http, proxies.https].flatMap((proxy) => proxy ? [Redacted.value(proxy)] : []))
    const proxyTls = { timeout, ...[...proxied].some(isEncrypted) ? proxyConnectOptions(tlsOptions) : {} }
    const through = new Map<string, Dispatcher>()
    for (const uri of proxied) {
      // Plain requests are handed to the proxy as RFC 9112, section 3.2.2, says; only encrypted ones need a tunnel.
      const token = credentialsOf(uri)
      const tls = { proxyTls, requestTls: connecting }
      const own = { uri, proxyTunnel: false, clientFactory: tunnels, factory: poolOf }
      const agent = () => new ProxyAgent({ ...pool, ...tls, ...own, ...(token === undefined ? {} : { token }) })
      through.set(uri, yield* owned(agent))
    }
    const dispatch: Connections["dispatch"] = (request, handler) => {
      asked = request.origin
      const proxy = through.size === 0 ? undefined : proxyFor(request.origin, proxies)
      const agent = proxy && through.get(Redacted.value(proxy))
      if (agent === undefined) direct.dispatch(request, handler)
      // A proxy agent writes into the headers that it is given.
      else agent.dispatch({ ...request, headers: { ...request.headers as Record<string, string> } }, handler)
    }
    return { dispatch, isFull: (origin) => (pools.get(origin)?.stats.connected ?? 0) >= pool.connections }
  })
