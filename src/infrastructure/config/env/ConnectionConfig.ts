/**
 * How connections are made: which authorities are trusted, what this client shows, and through which proxies.
 */
import { Context, Option, Schema } from "effect"
import type { Redacted } from "effect"
import { AbsolutePath, ProxyUrl, SecretText, SpkiPins, Text } from "./SettingSchemas.ts"
import * as Slice from "./Slice.ts"

export class ConnectionConfig extends Context.Tag("effect-strata/infrastructure/config/env/ConnectionConfig")<
  ConnectionConfig,
  {
    /** The file with further authorities, PEM. */
    readonly caFile: Option.Option<string>

    /** The file with authorities that Node trusts wherever none are configured. */
    readonly nodeCaFile: Option.Option<string>

    /** The file with the certificate of this client, PEM. */
    readonly certificateFile: Option.Option<string>

    /** Its key, PEM. */
    readonly key: Option.Option<Redacted.Redacted>

    /** Without any, no key is pinned. */
    readonly pins: ReadonlyArray<string>

    /** URLs, with credentials if the proxy wants any. */
    readonly httpProxy: Option.Option<Redacted.Redacted>
    readonly httpsProxy: Option.Option<Redacted.Redacted>

    /** Hosts that are reached directly. */
    readonly noProxy: string
  }
>() {}

const none: ReadonlyArray<string> = []

export const slice: Slice.Slice<ConnectionConfig> = Slice.make({
  title: "Connections",
  tag: ConnectionConfig,
  settings: {
    caFile: {
      key: "STRATA_TLS_CA_FILE",
      schema: AbsolutePath,
      doc: "A PEM file with certificate authorities that are trusted beside those that Node knows.",
      example: "/etc/ssl/private-ca.pem"
    },
    certificateFile: {
      key: "STRATA_TLS_CERTIFICATE_FILE",
      schema: AbsolutePath,
      doc: "A PEM file with the certificate that this client shows to the backend.",
      example: "/etc/strata/client.pem",
      group: "client certificate"
    },
    key: {
      key: "STRATA_TLS_KEY",
      schema: SecretText,
      doc: "The private key of `STRATA_TLS_CERTIFICATE_FILE`, PEM.",
      example: "-----BEGIN PRIVATE KEY-----",
      secret: true,
      group: "client certificate"
    },
    pins: {
      key: "STRATA_TLS_PINS",
      schema: SpkiPins,
      doc:
        "Public keys, of which at least one has to be among the certificates of every server: `sha256/` and the base64 of the hash of the SubjectPublicKeyInfo, joined by commas.",
      example: "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    },
    httpProxy: {
      key: "HTTP_PROXY",
      schema: ProxyUrl,
      doc:
        "The proxy for plain requests; read in lower case too, as the two below. Loopback is always reached directly.",
      example: "http://proxy.example.com:3128",
      secret: true,
      fromFile: false
    },
    httpsProxy: {
      key: "HTTPS_PROXY",
      schema: ProxyUrl,
      doc: "The proxy for encrypted requests, which pass it in a tunnel.",
      example: "http://proxy.example.com:3128",
      secret: true,
      fromFile: false
    },
    noProxy: {
      key: "NO_PROXY",
      schema: Text,
      doc:
        "Hosts that are reached without a proxy, joined by commas. A name stands for all names below it; `*` is every host.",
      example: "internal.example.com,10.0.0.7:8080"
    }
  },
  make: ({ httpProxy, httpsProxy, noProxy, pins, ...values }, { environment }) => {
    // The older way to write these variables; what is no proxy we can use is left to the programs that can.
    const lower = <A>(name: string, schema: Schema.Schema<A, string>) => () =>
      Schema.decodeUnknownOption(schema)(environment[name])
    return {
      ...values,
      // Node's own: it counts as Node reads it, and has no place in files of settings.
      nodeCaFile: Option.filter(Option.fromNullable(environment["NODE_EXTRA_CA_CERTS"]), (path) => path !== ""),
      pins: Option.getOrElse(pins, () => none),
      httpProxy: Option.orElse(httpProxy, lower("http_proxy", ProxyUrl)),
      httpsProxy: Option.orElse(httpsProxy, lower("https_proxy", ProxyUrl)),
      noProxy: Option.getOrElse(Option.orElse(noProxy, lower("no_proxy", Text)), () => "")
    }
  }
})
