/**
 * URLs that are written as the URL standard would write them, which is most of them: taking those apart needs no parser,
 * which is a good part of what a request costs.
 */
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"

export interface PlainUrl {
  readonly origin: string
  /** With its query. */
  readonly path: string
}

/** Neither encoded nor shortened by a parser: no segment begins with a dot, encoded or not. */
const asItIs = /^(?!.*\/(?:\.|%2e))\/[\w.~!$&'()*+,;=:@%/-]*(?:\?[\w.~!$&()*+,;=:@%/?-]+)?$/i

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text

let last = ""

/** `undefined`: it may still be a URL, which a parser has to look at. */
export const of = ({ hash, url, urlParams }: HttpClientRequest): PlainUrl | undefined => {
  const slash = url.indexOf("/", 8)
  if (slash === -1 || urlParams.length > 0 || hash._tag === "Some") return undefined
  const origin = url.slice(0, slash)
  if (origin !== last) {
    if (!isOrigin(origin)) return undefined
    last = origin
  }
  const path = url.slice(slash)
  return asItIs.test(path) ? { origin, path } : undefined
}
