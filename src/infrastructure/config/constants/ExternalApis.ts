/**
 * Every external API, protocol and format that this code speaks: in which version, where it is specified, and which
 * folder speaks it.
 */
export interface ExternalApi {
  readonly name: string
  readonly version: string

  /** A URL, or a path in this repository for what is specified here. */
  readonly specification: string

  /** Folders under `src/`. */
  readonly usedBy: ReadonlyArray<string>
}

const rfc = (number: number) => `https://www.rfc-editor.org/rfc/rfc${number}`

const contract = "src/infrastructure/network/api/contract"

export const externalApis = [
  {
    name: "Strata API",
    version: "v2, and v1 as deprecated",
    specification: contract,
    usedBy: ["infrastructure/network/api", "backend"]
  },
  {
    name: "Segment HTTP tracking API",
    version: "v1 (/v1/batch)",
    specification: "https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/",
    usedBy: ["infrastructure/services/analytics", "backend"]
  },
  {
    name: "OpenTelemetry Protocol (OTLP/HTTP)",
    version: "1.x, JSON",
    specification: "https://opentelemetry.io/docs/specs/otlp/",
    usedBy: ["infrastructure/telemetry"]
  },
  {
    name: "W3C Trace Context",
    version: "Level 1 (traceparent 00)",
    specification: "https://www.w3.org/TR/trace-context-1/",
    usedBy: ["infrastructure/network/api"]
  },
  {
    name: "WebSocket",
    version: "13 (RFC 6455)",
    specification: rfc(6455),
    usedBy: ["infrastructure/network/websocket", "backend"]
  },
  {
    name: "Server-sent events",
    version: "HTML Living Standard",
    specification: "https://html.spec.whatwg.org/multipage/server-sent-events.html",
    usedBy: ["infrastructure/services/push", "backend"]
  },
  {
    name: "HTTP semantics: ETag, If-Match, Retry-After",
    version: "RFC 9110",
    specification: rfc(9110),
    usedBy: ["infrastructure/network", "infrastructure/datasources/remote", "backend"]
  },
  {
    name: "Problem details",
    version: "RFC 9457",
    specification: rfc(9457),
    usedBy: ["infrastructure/network/api", "backend"]
  },
  {
    name: "Bearer tokens",
    version: "RFC 6750",
    specification: rfc(6750),
    usedBy: ["infrastructure/services/auth", "backend"]
  },
  {
    name: "Token rotation and revocation",
    version: "RFC 9700, RFC 7009",
    specification: rfc(9700),
    usedBy: ["infrastructure/services/auth", "backend"]
  },
  {
    name: "Basic authentication",
    version: "RFC 7617",
    specification: rfc(7617),
    usedBy: ["infrastructure/services/analytics", "backend"]
  },
  {
    name: "Deprecation header",
    version: "RFC 9745",
    specification: rfc(9745),
    usedBy: ["infrastructure/network/api/version", "backend"]
  },
  {
    name: "Sunset header",
    version: "RFC 8594",
    specification: rfc(8594),
    usedBy: ["infrastructure/network/api/version", "backend"]
  },
  {
    name: "Web linking",
    version: "RFC 8288",
    specification: rfc(8288),
    usedBy: ["infrastructure/network/api/version", "backend"]
  },
  {
    name: "OpenAPI",
    version: "3.1.0",
    specification: "https://spec.openapis.org/oas/v3.1.0",
    usedBy: ["backend"]
  },
  {
    name: "Tink wire format",
    version: "TINK and RAW prefixes; keysets in binary and JSON form",
    specification: "https://developers.google.com/tink/wire-format",
    usedBy: ["infrastructure/security/encryption", "infrastructure/storage/secure"]
  },
  {
    name: "XAES-256-GCM",
    version: "C2SP v1",
    specification: "https://c2sp.org/XAES-256-GCM",
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "AES-GCM",
    version: "NIST SP 800-38D",
    specification: "https://doi.org/10.6028/NIST.SP.800-38D",
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "AES-SIV",
    version: "RFC 5297",
    specification: rfc(5297),
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "AES key wrap",
    version: "RFC 3394, and RFC 5649 with padding",
    specification: rfc(5649),
    usedBy: ["infrastructure/security/encryption", "infrastructure/storage/secure"]
  },
  {
    name: "HMAC",
    version: "RFC 2104, with SHA-256",
    specification: rfc(2104),
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "Ed25519",
    version: "RFC 8032",
    specification: rfc(8032),
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "HKDF",
    version: "RFC 5869",
    specification: rfc(5869),
    usedBy: ["infrastructure/security/encryption"]
  },
  {
    name: "scrypt",
    version: "RFC 7914",
    specification: rfc(7914),
    usedBy: ["infrastructure/security"]
  },
  {
    name: "PHC string format",
    version: "1",
    specification: "https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md",
    usedBy: ["infrastructure/security", "backend"]
  },
  {
    name: "Secret Service API",
    version: "0.2",
    specification: "https://specifications.freedesktop.org/secret-service-spec/0.2/",
    usedBy: ["infrastructure/security/keychain/secretservice"]
  },
  {
    name: "D-Bus",
    version: "protocol 1, SASL EXTERNAL",
    specification: "https://dbus.freedesktop.org/doc/dbus-specification.html",
    usedBy: ["infrastructure/security/keychain/dbus"]
  },
  {
    name: "docker-credential helper protocol",
    version: "store, get, erase, list",
    specification: "https://github.com/docker/docker-credential-helpers",
    usedBy: ["infrastructure/security/keychain/command"]
  },
  {
    name: "XDG Base Directory",
    version: "0.8",
    specification: "https://specifications.freedesktop.org/basedir-spec/0.8/",
    usedBy: ["infrastructure/config/env"]
  },
  {
    name: "OpenTelemetry environment variables",
    version: "1.x",
    specification: "https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/",
    usedBy: ["infrastructure/config/env"]
  },
  {
    name: "DO_NOT_TRACK",
    version: "1",
    specification: "https://consoledonottrack.com/",
    usedBy: ["infrastructure/config/env"]
  }
] as const satisfies ReadonlyArray<ExternalApi>
