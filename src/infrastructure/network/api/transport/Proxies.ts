/**
 * Which requests go through a proxy: the conventions of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
 */
import type { Redacted } from "effect"
import { isIPv6 } from "node:net"

export interface ProxyOptions {
  /** URLs with the credentials for the proxy, if it wants any. */
  readonly http?: Redacted.Redacted
  readonly https?: Redacted.Redacted
  /** Hosts that are reached directly, as in `NO_PROXY`. */
  readonly except?: string
}

const loopback = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/

const defaultPorts: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" }

/**
 * Entries are joined by commas or spaces. A name, with or without a dot or `*.` in front, is that host and all below it;
 * with a port it is that port only, an address of IPv6 then in brackets. `*` is every host.
 */
const isExcepted = ({ hostname, port, protocol }: URL, except: string) => {
  const actualPort = port === "" ? defaultPorts[protocol] : port
  return except.toLowerCase().split(/[,\s]+/).filter((entry) => entry !== "").some((entry) => {
    if (entry === "*") return true
    const [, name = entry, only] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? []
    if (only !== undefined && only !== actualPort) return false
    // A zone belongs to an interface of this machine (RFC 4007, section 11), and no URL has one.
    const address = name.replace(/^\[(.+)\]$/, "$1").replace(/%.*$/, "")
    if (isIPv6(address)) return hostname === new URL(`http://[${address}]`).hostname
    const host = name.replace(/^\*?\./, "")
    return hostname === host || hostname.endsWith(`.${host}`)
  })
}

/** The proxy for an origin. Loopback is always reached directly. */
export const proxyFor = (origin: string, { except = "", http, https }: ProxyOptions): Redacted.Redacted | undefined => {
  const url = new URL(origin)
  const proxy = url.protocol === "https:" ? https : http
  return proxy === undefined || loopback.test(url.hostname) || isExcepted(url, except) ? undefined : proxy
}

/** What escapes stand for. A `%` that begins none stands for itself. */
const unescaped = (text: string) =>
  Buffer.from(
    text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1"
  )

/** The value of `Proxy-Authorization`; a user may have no password, and the other way round. */
export const credentialsOf = (proxy: string): string | undefined => {
  const { password, username } = new URL(proxy)
  return username === "" && password === ""
    ? undefined
    : `Basic ${Buffer.concat([unescaped(username), Buffer.from(":"), unescaped(password)]).toString("base64")}`
}
