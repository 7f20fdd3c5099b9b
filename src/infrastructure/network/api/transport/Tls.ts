/**
 * How the other side of an encrypted connection is recognized, and what this side shows.
 */
import { Redacted } from "effect"
import { createHash, X509Certificate } from "node:crypto"
import { checkServerIdentity, createSecureContext, rootCertificates } from "node:tls"
import type { DetailedPeerCertificate, PeerCertificate, SecureContext } from "node:tls"

export interface TlsOptions {
  /** Trusted beside the authorities that Node brings along; PEM. Those of `NODE_EXTRA_CA_CERTS` are not trusted then. */
  readonly extraCa?: string
  /** Shown to servers that ask for a certificate; PEM. */
  readonly client?: { readonly certificate: string; readonly key: Redacted.Redacted }
  /**
   * `sha256/` and the base64 of the SHA-256 of a certificate's SubjectPublicKeyInfo. With any pin, at least one certificate
   * of every valid chain has to have one of them.
   */
  readonly pins?: ReadonlyArray<string>
}

const pinOf = ({ publicKey }: X509Certificate) =>
  `sha256/${createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64")}`

/**
 * From the server's own to the root, which is its own issuer. Node follows names, and a server may show any certificate:
 * what did not sign the one before is none of the chain.
 */
const pinsOf = (certificate: DetailedPeerCertificate): ReadonlyArray<string> => {
  let current = certificate
  let parsed = new X509Certificate(current.raw)
  const pins = [pinOf(parsed)]
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current) {
    current = current.issuerCertificate
    const issuer = new X509Certificate(current.raw)
    if (!parsed.verify(issuer.publicKey)) break
    parsed = issuer
    pins.push(pinOf(parsed))
  }
  return pins
}

type CheckServerIdentity = (host: string, certificate: PeerCertificate) => Error | undefined

const pinned = (pins: ReadonlyArray<string>): CheckServerIdentity => {
  const known = new Set(pins)
  return (host, certificate) =>
    checkServerIdentity(host, certificate)
      ?? (pinsOf(certificate as DetailedPeerCertificate).some((pin) => known.has(pin))
        ? undefined
        : Object.assign(new Error("The server has none of the pinned keys"), { code: "ERR_TLS_PIN_MISMATCH" }))
}

interface Credentials {
  readonly ca?: Array<string>
  readonly cert?: string
  readonly key?: string
}

export interface ConnectOptions extends Credentials {
  readonly secureContext?: SecureContext
  readonly checkServerIdentity?: CheckServerIdentity
  readonly maxCachedSessions?: number
}

/** Read once: all the authorities take longer than the rest of a connection. What cannot be read fails each of them. */
const contextOf = (credentials: Credentials): ConnectOptions => {
  if (credentials.ca === undefined && credentials.cert === undefined) return {}
  try {
    return { secureContext: createSecureContext(credentials) }
  } catch {
    return credentials
  }
}

/** In the words of Node and undici. */
export const connectOptions = ({ client, extraCa, pins = [] }: TlsOptions): ConnectOptions => ({
  ...contextOf({
    ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: Redacted.value(client.key) })
  }),
  // A server that is recognized by an earlier session shows no certificate.
  ...(pins.length === 0 ? {} : { checkServerIdentity: pinned(pins), maxCachedSessions: 0 })
})

/** Who this client is, and which keys are pinned, is between it and the servers behind a proxy. */
export const proxyConnectOptions = ({ extraCa }: TlsOptions): ConnectOptions =>
  connectOptions(extraCa === undefined ? {} : { extraCa })
