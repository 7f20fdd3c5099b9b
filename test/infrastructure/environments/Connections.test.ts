import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import * as fs from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { rootCertificates } from "node:tls"
import type { TLSSocket } from "node:tls"
import { InvalidSettings } from "../../../src/domain/operations/Setting.ts"
import * as Configuration from "../../../src/infrastructure/config/env/Configuration.ts"
import { ConnectionConfig } from "../../../src/infrastructure/config/env/ConnectionConfig.ts"
import * as MemorySources from "../../../src/infrastructure/config/env/MemorySources.ts"
import * as Connections from "../../../src/infrastructure/environments/Connections.ts"
import { Transport } from "../../../src/infrastructure/network/api/transport/Transport.ts"
import { temporaryFolder } from "../../support/temporaryFolder.ts"
import {
  authority,
  clientCertificate,
  clientKey,
  pins,
  serverCertificate,
  serverKey
} from "../network/api/transport/Certificates.ts"

const limits = { connect: 5000, headers: 5000, bodyIdle: 5000, attempt: 10_000, total: 10_000 }

const configured = (environment: Readonly<Record<string, string>>, files: Readonly<Record<string, string>> = {}) =>
  Layer.unwrapEffect(
    Effect.map(
      Configuration.load(MemorySources.make({ environment, files })),
      ({ context }) => Layer.succeedContext(context)
    )
  )

const transport = (environment: Readonly<Record<string, string>>, files?: Readonly<Record<string, string>>) =>
  Connections.transport.pipe(Layer.provide(NodeFileSystem.layer), Layer.provide(configured(environment, files)))

const server = Effect.acquireRelease(
  Effect.async<{ readonly url: string; readonly stop: () => void }>((resume) => {
    const answering = createServer(
      { key: serverKey, cert: serverCertificate, ca: authority, requestCert: true, rejectUnauthorized: true },
      (request, response) => response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN)
    )
    answering.listen(0, "127.0.0.1", () =>
      resume(Effect.succeed({
        url: `https://localhost:${(answering.address() as AddressInfo).port}/`,
        stop: () => void answering.close()
      })))
  }),
  ({ stop }) => Effect.sync(stop)
)

/** A new folder, and what writes a file into it and answers with its path. */
const files = Effect.map(temporaryFolder, (folder) => ({
  folder,
  file: (name: string, text: string) => {
    fs.writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
}))

describe("Connections", () => {
  it.scopedLive("are made with the files, the key and the pins of the configuration", () =>
    Effect.gen(function*() {
      const { url } = yield* server
      const { file } = yield* files
      const environment = {
        STRATA_TLS_CA_FILE: file("ca.pem", authority),
        STRATA_TLS_CERTIFICATE_FILE: file("client.pem", clientCertificate),
        STRATA_TLS_KEY: clientKey,
        STRATA_TLS_PINS: `${pins.authority},${pins.server}`,
        // Nobody is there, and nobody is asked: loopback needs no proxy.
        HTTPS_PROXY: "http://127.0.0.1:1"
      }
      const text = Effect.flatMap(Transport, ({ exchange }) => exchange(HttpClientRequest.get(url), limits)).pipe(
        Effect.flatMap((response) => response.text)
      )
      assert.strictEqual(yield* Effect.provide(text, transport(environment)), "client")
      const failure = yield* Effect.flip(
        Effect.provide(text, transport({ ...environment, STRATA_TLS_PINS: `sha256/${"A".repeat(43)}=` }))
      )
      assert.deepInclude(failure, { reason: "tls", sent: "no" })
    }))

  it.scopedLive("trust what NODE_EXTRA_CA_CERTS names beside the configured authorities, and go on when it cannot be read", () =>
    Effect.gen(function*() {
      const { url } = yield* server
      const { file, folder } = yield* files
      const warnings: Array<unknown> = []
      const logger = Logger.make(({ logLevel, message }) => {
        if (logLevel === LogLevel.Warning) warnings.push(message)
      })
      const client = {
        STRATA_TLS_CERTIFICATE_FILE: file("client.pem", clientCertificate),
        STRATA_TLS_KEY: clientKey
      }
      const text = (environment: Readonly<Record<string, string>>) =>
        Effect.flatMap(Transport, ({ exchange }) => exchange(HttpClientRequest.get(url), limits)).pipe(
          Effect.flatMap((response) => response.text),
          Effect.provide(
            Layer.provide(transport({ ...client, ...environment }), Logger.replace(Logger.defaultLogger, logger))
          )
        )
      const known = file("known.pem", authority)
      // Without a line end, as people write it.
      const own = file("own.pem", rootCertificates[0]?.trimEnd() ?? "")
      assert.strictEqual(yield* text({ STRATA_TLS_CA_FILE: own, NODE_EXTRA_CA_CERTS: known }), "client")
      assert.strictEqual(yield* text({ STRATA_TLS_CA_FILE: known, NODE_EXTRA_CA_CERTS: own }), "client")
      assert.strictEqual(yield* text({ STRATA_TLS_CA_FILE: known, NODE_EXTRA_CA_CERTS: "" }), "client")
      assert.isEmpty(warnings)
      const missing = join(folder, "missing.pem")
      assert.strictEqual(yield* text({ STRATA_TLS_CA_FILE: known, NODE_EXTRA_CA_CERTS: missing }), "client")
      assert.lengthOf(warnings, 1)
      assert.include(String(warnings[0]), "NODE_EXTRA_CA_CERTS")
      assert.notInclude(String(warnings[0]), folder)
    }))

  it.scoped("are none when a file cannot be read or holds no certificate, or half of what belongs together is missing", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      fs.writeFileSync(join(folder, "empty.pem"), "nothing")
      const problem = (environment: Readonly<Record<string, string>>) =>
        Effect.map(Effect.flip(Layer.build(transport(environment))), (failure) => {
          assert.instanceOf(failure, InvalidSettings)
          assert.notInclude(JSON.stringify(failure), folder)
          return failure.issues.map(({ key }) => key)
        })
      const missing = join(folder, "missing.pem")
      assert.deepStrictEqual(yield* problem({ STRATA_TLS_CA_FILE: missing }), ["STRATA_TLS_CA_FILE"])
      assert.deepStrictEqual(
        yield* problem({ STRATA_TLS_CERTIFICATE_FILE: join(folder, "empty.pem"), STRATA_TLS_KEY: clientKey }),
        ["STRATA_TLS_CERTIFICATE_FILE"]
      )
      assert.deepStrictEqual(yield* problem({ STRATA_TLS_KEY: clientKey }), ["STRATA_TLS_CERTIFICATE_FILE"])
      assert.deepStrictEqual(yield* problem({ STRATA_TLS_PINS: "sha256/short" }), ["STRATA_TLS_PINS"])
      assert.deepStrictEqual(yield* problem({ HTTPS_PROXY: "socks5://proxy.example.com" }), ["HTTPS_PROXY"])
    }))

  it.effect("know proxies in upper and in lower case", () =>
    Effect.gen(function*() {
      const proxies = (environment: Readonly<Record<string, string>>) =>
        Effect.provide(
          Effect.map(ConnectionConfig, ({ httpProxy, httpsProxy, noProxy }) => [
            Option.getOrUndefined(Option.map(httpProxy, Redacted.value)),
            Option.getOrUndefined(Option.map(httpsProxy, Redacted.value)),
            noProxy
          ]),
          configured(environment)
        )
      assert.deepStrictEqual(yield* proxies({}), [undefined, undefined, ""])
      assert.deepStrictEqual(
        yield* proxies({ HTTP_PROXY: "http://one:1", https_proxy: "two:2", no_proxy: "a,b", HTTPS_PROXY: "" }),
        ["http://one:1", "http://two:2", "a,b"]
      )
    }))
})
