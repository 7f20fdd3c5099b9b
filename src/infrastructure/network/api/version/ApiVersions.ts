/**
 * Several live versions of one resource: the shape that each has on the wire, how it is asked for, and what the domain has
 * of it.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Either, ParseResult, Schema } from "effect"

type Converted<A> = Either.Either<A, ParseResult.ParseError>

/** One version of a resource, between the JSON on the wire and the domain. */
export interface Version<Domain> {
  readonly up: (json: string) => Converted<Domain>
  readonly down: (value: Domain) => Converted<string>
}

/** A constructor of the domain may refuse; any other exception is a bug. */
const convert = <A>(conversion: () => A): Converted<A> => {
  try {
    return Either.right(conversion())
  } catch (failure) {
    if (ParseResult.isParseError(failure)) return Either.left(failure)
    throw failure
  }
}

export const version = <Domain, Wire, Encoded>(shape: {
  readonly schema: Schema.Schema<Wire, Encoded>
  readonly up: (wire: Wire) => Domain
  readonly down: (value: Domain) => Wire
}): Version<Domain> => {
  const json = Schema.parseJson(shape.schema)
  const decode = Schema.decodeEither(json)
  const encode = Schema.encodeEither(json)
  return {
    up: (text) => Either.flatMap(decode(text), (wire) => convert(() => shape.up(wire))),
    down: (value) => Either.flatMap(convert(() => shape.down(value)), encode)
  }
}

/**
 * How a request says which version it wants: the first segment of its path, a header, a parameter of its query, or the
 * media type it accepts (and sends).
 */
export type Strategy =
  | { readonly strategy: "path" }
  | { readonly strategy: "header"; readonly header: string }
  | { readonly strategy: "query"; readonly parameter: string }
  | { readonly strategy: "mediaType"; readonly mediaType: (version: string) => string }

export interface Resource {
  /** Path without version; everything below it belongs to the resource. */
  readonly resource: `/${string}`
  /** Problem types (RFC 9457) by which the backend says that it does not serve a version, whatever the status. */
  readonly unsupported?: ReadonlyArray<string>
}

/** What calls are made with. Requests are written for the newest version. */
export interface Negotiable {
  /** Newest first. */
  readonly names: readonly [string, ...Array<string>]
  readonly resource: string
  readonly strategy: Strategy
  readonly unsupported: ReadonlySet<string>
  /** JSON of one version as another has it. */
  readonly translate: (json: string, from: string, to: string) => Converted<string>
}

export interface ApiVersions<Domain, Name extends string | number> extends Negotiable {
  readonly versions: Readonly<Record<Name, Version<Domain>>>
}

/** By these an endpoint may say that it does not serve a version. */
export const refusals: ReadonlySet<number> = new Set([404, 406, 410, 415, 426])

/** ASP.NET API Versioning. */
const defaultUnsupported = ["https://docs.api-versioning.org/problems#unsupported"]

/** A record puts names that are integers in order of their number: such a version could not be told from the newest. */
type Ordered<Name extends string | number, Options> = [Extract<Name, number | `${bigint}`>] extends [never] ? Options
  : never

/** `versions` newest first. */
export const make = <Domain, Name extends string | number>(
  versions: Readonly<Record<Name, Version<Domain>>>,
  options: Ordered<Name, Resource & Strategy>
): ApiVersions<Domain, Name> => {
  const known: Readonly<Record<string, Version<Domain>>> = versions
  const [newest, ...older] = Object.keys(versions)
  if (newest === undefined) throw new Error(`${options.resource} has no version`)
  const named = (name: string) => {
    const found = known[name]
    if (found === undefined) throw new Error(`${options.resource} has no version ${name}`)
    return found
  }
  return {
    versions,
    names: [newest, ...older],
    resource: options.resource,
    strategy: options,
    unsupported: new Set(options.unsupported ?? defaultUnsupported),
    translate: (json, from, to) =>
      from === to ? Either.right(json) : Either.flatMap(named(from).up(json), named(to).down)
  }
}

/** Where the resource begins in a URL or path of the newest version; -1 when it is another. */
const indexOf = ({ names: [newest], resource, strategy }: Negotiable, url: string): number => {
  const prefix = strategy.strategy === "path" ? `/${newest}${resource}` : resource
  const scheme = url.indexOf("://")
  const at = url.indexOf(prefix, scheme < 0 ? 0 : scheme + 3)
  const next = at < 0 ? undefined : url[at + prefix.length]
  return next === undefined || next === "/" || next === "?" || next === "#" ? at : -1
}

/** Whether a request of this URL is for the resource: what is called on the way to it is not. */
export const concerns = (versions: Negotiable, url: string): boolean => indexOf(versions, url) >= 0

/** A URL or template of the newest version, as another has it. */
export const locate = (versions: Negotiable, url: string, name: string): string => {
  const at = indexOf(versions, url)
  const [newest] = versions.names
  return versions.strategy.strategy !== "path" || name === newest || at < 0
    ? url
    : `${url.slice(0, at)}/${name}${url.slice(at + 1 + newest.length)}`
}

const withBody = (versions: Negotiable, request: HttpClientRequest.HttpClientRequest, name: string) => {
  const { body } = request
  const [newest] = versions.names
  if (body._tag === "Empty") return request
  if (body._tag !== "Uint8Array") return name === newest ? request : undefined
  const contentType = versions.strategy.strategy === "mediaType" ? versions.strategy.mediaType(name) : body.contentType
  if (name === newest) {
    return contentType === body.contentType
      ? request
      : HttpClientRequest.setBody(request, HttpBody.uint8Array(body.body, contentType))
  }
  const json = versions.translate(new TextDecoder().decode(body.body), newest, name)
  return Either.isLeft(json) ? undefined : HttpClientRequest.setBody(request, HttpBody.text(json.right, contentType))
}

/** A request of the newest version, as another has it; `undefined` when its body cannot be. */
export const encode = (
  versions: Negotiable,
  request: HttpClientRequest.HttpClientRequest,
  name: string
): HttpClientRequest.HttpClientRequest | undefined => {
  const { strategy } = versions
  const sent = withBody(versions, request, name)
  if (sent === undefined) return undefined
  switch (strategy.strategy) {
    case "path":
      return name === versions.names[0]
        ? sent
        : HttpClientRequest.setUrl(sent, locate(versions, sent.url, name))
    case "header":
      return HttpClientRequest.setHeader(sent, strategy.header, name)
    case "query":
      return HttpClientRequest.setUrlParam(sent, strategy.parameter, name)
    case "mediaType":
      return HttpClientRequest.setHeader(sent, "accept", strategy.mediaType(name))
  }
}
