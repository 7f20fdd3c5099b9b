/**
 * How the other side of an encrypted connection is recognized, and what this side shows.
 */
import { Redacted } from "effect"
import { createHash, X509Certificate } from "node:crypto"
import { checkServerIdentity, rootCertificates } from "node:tls"
import type { DetailedPeerCertificate, PeerCertificate } from "node:tls"

export interface TlsOptions {
  /** Trusted beside the authorities that Node knows; PEM. */
  readonly extraCa?: string
  /** Shown to servers that ask for a certificate; PEM. */
  readonly client?: { readonly certificate: string; readonly key: Redacted.Redacted }
  /**
   * `sha256/` and the base64 of the SHA-256 of a certificate's SubjectPublicKeyInfo. With any pin, at least one certificate
   * of every valid chain has to have one of them.
   */
  readonly pins?: ReadonlyArray<string>
}

const pinOf = (certificate: DetailedPeerCertificate) =>
  `sha256/${
    createHash("sha256")
      .update(new X509Certificate(certificate.raw).publicKey.export({ type: "spki", format: "der" }))
      .digest("base64")
  }`

/** From the server's own to the root, which is its own issuer. */
const pinsOf = (certificate: DetailedPeerCertificate): ReadonlyArray<string> => {
  const pins = [pinOf(certificate)]
  let current = certificate
  while (current.issuerCertificate !== undefined && current.issuerCertificate !== current) {
    current = current.issuerCertificate
    pins.push(pinOf(current))
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

export interface ConnectOptions {
  readonly ca?: Array<string>
  readonly cert?: string
  readonly key?: string
  readonly checkServerIdentity?: CheckServerIdentity
  readonly maxCachedSessions?: number
}

/** In the words of Node and undici. */
export const connectOptions = ({ client, extraCa, pins = [] }: TlsOptions): ConnectOptions => ({
  ...(extraCa === undefined ? {} : { ca: [...rootCertificates, extraCa] }),
  ...(client === undefined ? {} : { cert: client.certificate, key: Redacted.value(client.key) }),
  // A server that is recognized by an earlier session shows no certificate.
  ...(pins.length === 0 ? {} : { checkServerIdentity: pinned(pins), maxCachedSessions: 0 })
})
