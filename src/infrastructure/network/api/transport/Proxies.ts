/**
 * Which requests go through a proxy: the conventions of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`.
 */
import type { Redacted } from "effect"

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
 * with a port it is that port only. `*` is every host.
 */
const isExcepted = ({ hostname, port, protocol }: URL, except: string) => {
  const actualPort = port === "" ? defaultPorts[protocol] : port
  return except.toLowerCase().split(/[,\s]+/).filter((entry) => entry !== "").some((entry) => {
    if (entry === "*") return true
    const [, name = entry, only] = /^(.+?):(\d+)$/.exec(entry) ?? []
    if (only !== undefined && only !== actualPort) return false
    const host = name.replace(/^\*?\./, "")
    return hostname === host || hostname === `[${host}]` || hostname.endsWith(`.${host}`)
  })
}

/** The proxy for an origin. Loopback is always reached directly. */
export const proxyFor = (origin: string, { except = "", http, https }: ProxyOptions): Redacted.Redacted | undefined => {
  const url = new URL(origin)
  const proxy = url.protocol === "https:" ? https : http
  return proxy === undefined || loopback.test(url.hostname) || isExcepted(url, except) ? undefined : proxy
}
