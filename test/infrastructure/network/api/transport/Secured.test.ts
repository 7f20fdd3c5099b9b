import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { createServer as createPlain } from "node:http"
import type { IncomingMessage } from "node:http"
import { createServer } from "node:https"
import { connect } from "node:net"
import type { AddressInfo, Server } from "node:net"
import type { TLSSocket } from "node:tls"
import { proxyFor } from "../../../../../src/infrastructure/network/api/transport/Proxies.ts"
import { connectOptions } from "../../../../../src/infrastructure/network/api/transport/Tls.ts"
import type { TlsOptions } from "../../../../../src/infrastructure/network/api/transport/Tls.ts"
import { Transport } from "../../../../../src/infrastructure/network/api/transport/Transport.ts"
import * as UndiciConnections from "../../../../../src/infrastructure/network/api/transport/UndiciConnections.ts"
import * as UndiciTransport from "../../../../../src/infrastructure/network/api/transport/UndiciTransport.ts"
import {
  authority,
  clientCertificate,
  clientKey,
  impostor,
  impostorKey,
  otherAuthority,
  pins,
  serverCertificate,
  serverKey
} from "./Certificates.ts"

// All authorities are read for each layer, which takes long on a busy machine.
const limits = { connect: 30_000, headers: 30_000, bodyIdle: 30_000, attempt: 50_000, total: 50_000 }

const listening = <S extends Server>(server: S) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => void server.close())
  )

/** Says who the client is, and wants to know. */
const securedBy = (key: string, cert: string) =>
  Effect.gen(function*() {
    let requests = 0
    const server = createServer(
      { key, cert, ca: authority, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        requests++
        response.end((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? "nobody")
      }
    )
    const port = yield* listening(server)
    return { url: `https://localhost:${port}/`, requests: () => requests }
  })

const secured = securedBy(serverKey, serverCertificate)

const exchange = (url: string, options: UndiciTransport.Options) =>
  Effect.flatMap(Transport, ({ exchange: send }) => send(HttpClientRequest.get(url), limits)).pipe(
    Effect.flatMap(({ text }) => Effect.orDie(text)),
    Effect.catchTag("TransportFailure", ({ reason, sent }) => Effect.succeed(`${reason}, ${sent}`)),
    Effect.provide(Layer.fresh(UndiciTransport.layer(options)))
  )

const over = (url: string, tls: TlsOptions) => exchange(url, { tls })

/** How often the authorities are read for such proxies. */
const reads = (...uris: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    let count = 0
    const tls = {
      get extraCa() {
        count++
        return authority
      }
    }
    const [http, https] = uris.map((uri) => Redacted.make(uri))
    const proxies = { ...(http === undefined ? {} : { http }), ...(https === undefined ? {} : { https }) }
    yield* UndiciConnections.make({ tls, proxies })
    return count
  })

describe("TLS", () => {
  it.scopedLive("trusts what Node knows and the authorities that are configured beside", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* secured
      assert.strictEqual(yield* over(url, {}), "tls, no")
      assert.strictEqual(requests(), 0)
      assert.strictEqual(yield* over(url, { extraCa: authority }), "nobody")
      assert.strictEqual(yield* over(url.replace("localhost", "127.0.0.1"), { extraCa: authority }), "nobody")
    }))

  it.scopedLive("shows the certificate of the client", () =>
    Effect.gen(function*() {
      const { url } = yield* secured
      const client = { certificate: clientCertificate, key: Redacted.make(clientKey) }
      assert.strictEqual(yield* over(url, { extraCa: authority, client }), "client")
    }))

  it.scopedLive("sends nothing to a server without a pinned key, on any connection", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* secured
      const other = `sha256/${"A".repeat(43)}=`
      const pinned = (...keys: ReadonlyArray<string>) => over(url, { extraCa: authority, pins: keys })
      assert.strictEqual(yield* pinned(other), "tls, no")
      const twice = Effect.flatMap(Transport, ({ exchange: send }) =>
        Effect.flip(send(HttpClientRequest.get(url), limits)))
      yield* Effect.zip(twice, twice).pipe(
        Effect.map(([first, second]) => {
          assert.deepInclude(first, { reason: "tls", sent: "no" })
          assert.deepInclude(second, { reason: "tls", sent: "no" })
        }),
        Effect.provide(UndiciTransport.layer({ tls: { extraCa: authority, pins: [other] } }))
      )
      assert.strictEqual(requests(), 0)
      assert.strictEqual(yield* pinned(other, pins.server), "nobody")
      assert.strictEqual(yield* pinned(pins.authority), "nobody")
      assert.strictEqual(yield* over(url, { pins: [pins.server] }), "tls, no")
    }))

  it.scopedLive("takes no certificate for pinned that signed nothing of the chain", () =>
    Effect.gen(function*() {
      const { requests, url } = yield* securedBy(impostorKey, impostor + authority)
      assert.strictEqual(yield* over(url, { extraCa: otherAuthority }), "nobody")
      assert.strictEqual(yield* over(url, { extraCa: otherAuthority, pins: [pins.authority] }), "tls, no")
      assert.strictEqual(requests(), 1)
    }))

  it("reads authorities and keys once, not for each connection", () => {
    const client = { certificate: clientCertificate, key: Redacted.make(clientKey) }
    const options = connectOptions({ extraCa: authority, client })
    assert.isDefined(options.secureContext)
    assert.doesNotHaveAnyKeys(options, ["ca", "cert", "key"])
    assert.deepStrictEqual(connectOptions({}), {})
  })

  it.scoped("reads authorities for its proxies only when one is encrypted, and once for all of them", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* reads(), 1)
      assert.strictEqual(yield* reads("http://one.example:1", "http://two.example:2"), 1)
      assert.strictEqual(yield* reads("HTTPS://one.example:1", "https://two.example:2"), 2)
    }))

  it.scopedLive("fails exchanges, not itself, with a key that is none", () =>
    Effect.gen(function*() {
      const { url } = yield* secured
      const client = { certificate: clientCertificate, key: Redacted.make("none") }
      assert.strictEqual(yield* over(url, { extraCa: authority, client }), "tls, no")
    }))
})

describe("proxies", () => {
  it("are chosen by scheme, and not for excepted hosts or loopback", () => {
    const http = Redacted.make("http://plain.example:1")
    const https = Redacted.make("http://tunnel.example:2")
    const of = (origin: string, except?: string) =>
      proxyFor(origin, { http, https, ...(except === undefined ? {} : { except }) })
    assert.strictEqual(of("http://api.example.com"), http)
    assert.strictEqual(of("https://api.example.com"), https)
    assert.isUndefined(proxyFor("https://api.example.com", { http }))
    for (const origin of ["http://localhost:80", "http://127.0.0.1:8080", "https://[::1]:1", "http://a.localhost"]) {
      assert.isUndefined(of(origin), origin)
    }
    for (
      const except of ["example.com", ".example.com", "*.example.com", "api.example.com:443", "x, EXAMPLE.com", "*"]
    ) {
      assert.isUndefined(of("https://api.example.com", except), except)
    }
    for (const except of ["ample.com", "api.example.com:80", "api", "example.com.de", ""]) {
      assert.strictEqual(of("https://api.example.com", except), https, except)
    }
  })

  it("are not chosen for excepted addresses of IPv6", () => {
    const https = Redacted.make("http://tunnel.example:2")
    const of = (origin: string, except: string) => proxyFor(origin, { https, except })
    for (const except of ["fd00::5", "[fd00::5]", "[fd00::5]:443", "FD00:0:0::5", "x,fd00::5 y"]) {
      assert.isUndefined(of("https://[fd00::5]", except), except)
    }
    for (const except of ["fd00::6", "[fd00::5]:80", "fd00::", "5", "fd00"]) {
      assert.strictEqual(of("https://[fd00::5]", except), https, except)
    }
    assert.isUndefined(of("https://[fd00::a]", "fd00::a"))
  })

  it("are not chosen for excepted addresses with a zone, and no exception keeps a request from being sent", () => {
    const https = Redacted.make("http://tunnel.example:2")
    const of = (except: string, origin = "https://[fe80::1]") => proxyFor(origin, { https, except })
    for (const except of ["fe80::1%eth0", "[fe80::1%eth0]:443", "fe80::1%25eth0", "fe80::2%1,fe80::1%1"]) {
      assert.isUndefined(of(except), except)
    }
    for (const except of ["fe80::2%eth0", "[fe80::1%eth0]:80", "fe80::1%", "[", "[]", "[]:443", "%", "::%", "::1]/["]) {
      assert.strictEqual(of(except, "https://api.example.com"), https, except)
    }
  })

  /** Forwards to the one server that the test has, whatever name it is asked for. */
  const proxyTo = (port: number) =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const tell = ({ headers, method, url }: IncomingMessage) =>
        seen.push(`${method} ${url} ${headers["proxy-authorization"] ?? "nobody"}`)
      const proxy = createPlain((request, response) => {
        tell(request)
        response.end("through the proxy")
      })
      proxy.on("connect", (request: IncomingMessage, socket) => {
        tell(request)
        const target = connect(port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 OK\r\n\r\n")
          target.pipe(socket).pipe(target)
        })
        target.on("error", () => socket.destroy())
        socket.on("error", () => target.destroy())
      })
      return { seen, uri: Redacted.make(`http://user:pass@127.0.0.1:${yield* listening(proxy)}`) }
    })

  it.scopedLive("get plain requests as they are, and a tunnel for encrypted ones", () =>
    Effect.gen(function*() {
      const { url } = yield* secured
      const { port } = new URL(url)
      const { seen, uri } = yield* proxyTo(Number(port))
      const options = { proxies: { http: uri, https: uri }, tls: { extraCa: authority } }
      assert.strictEqual(yield* exchange("http://api.example.com/path?q=1", options), "through the proxy")
      // The certificate is for localhost: the tunnel ends at the server, and its name is checked.
      assert.strictEqual(yield* exchange(`https://api.example.com:${port}/`, options), "tls, no")
      const credentials = `Basic ${Buffer.from("user:pass").toString("base64")}`
      assert.deepStrictEqual(seen, [
        `GET http://api.example.com/path?q=1 ${credentials}`,
        `CONNECT api.example.com:${port} ${credentials}`
      ])
    }))

  it.scopedLive("are shown no certificate of this client, and need no pinned key", () =>
    Effect.gen(function*() {
      let seen = ""
      const proxy = createServer({
        key: clientKey,
        cert: clientCertificate,
        ca: authority,
        requestCert: true,
        rejectUnauthorized: false
      })
      proxy.on("connect", ({ method, url }: IncomingMessage, socket) => {
        seen = `${method} ${url} ${(socket as TLSSocket).getPeerCertificate().subject?.CN ?? "nobody"}`
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      })
      const https = Redacted.make(`https://localhost:${yield* listening(proxy)}`)
      const client = { certificate: clientCertificate, key: Redacted.make(clientKey) }
      const options = { proxies: { https }, tls: { extraCa: authority, client, pins: [pins.server] } }
      assert.strictEqual(yield* exchange("https://api.example.com/", options), "other, no")
      assert.strictEqual(seen, "CONNECT api.example.com:443 nobody")
      assert.strictEqual(yield* exchange("https://api.example.com/", { proxies: { https } }), "tls, no")
    }))
})
