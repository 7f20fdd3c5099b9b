/**
 * How settings are written as text. Every schema describes what it expects in words that complete "Expected ...",
 * because the words of a `ParseError` hold the value.
 */
import { Duration, Option, Schema } from "effect"

const expecting = <A>(description: string, schema: Schema.Schema<A, string>): Schema.Schema<A, string> =>
  schema.annotations({ description })

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Absolute, http or https, without credentials, query and fragment; plain http on loopback only, unless `insecure`. */
const isWebAddress = (text: string, insecure: boolean) => {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  return (url.protocol === "https:" || (url.protocol === "http:" && (insecure || loopback.test(url.hostname)))) &&
    `${url.username}${url.password}${url.search}${url.hash}` === "" && !/[?#@]/.test(text)
}

const withoutTrailingSlash = (text: string) => new URL(text).href.replace(/\/+$/, "")

const webAddress = (description: string, accepts: (text: string) => boolean) =>
  expecting(
    description,
    Schema.transform(Schema.String.pipe(Schema.filter(accepts)), Schema.String, {
      decode: withoutTrailingSlash,
      encode: (url) => url
    })
  )

/** Decodes to scheme, host and port without a trailing slash. */
export const Origin = webAddress(
  "an https URL without path, query and credentials (http on loopback only)",
  (text) => isWebAddress(text, false) && new URL(text).pathname === "/"
)

/** Decodes to the URL without a trailing slash. */
export const SecureUrl = webAddress(
  "an https URL without query and credentials (http on loopback only)",
  (text) => isWebAddress(text, false)
)

/** Like `SecureUrl`, for a peer of the same private network that may speak plain http. */
export const PrivateUrl = webAddress(
  "an http or https URL without query and credentials",
  (text) => isWebAddress(text, true)
)

export const Port = expecting(
  "a whole number between 0 and 65535",
  Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 65_535))
)

export const Ratio = expecting("a number between 0 and 1", Schema.NumberFromString.pipe(Schema.between(0, 1)))

/** A time-out in seconds; milliseconds count. */
export const Seconds = expecting(
  "a number of seconds between 0.001 and 300",
  Schema.transform(Schema.NumberFromString.pipe(Schema.between(0.001, 300)), Schema.DurationFromSelf, {
    decode: (seconds) => Duration.millis(Math.round(seconds * 1000)),
    encode: Duration.toSeconds
  })
)

const caseInsensitive = <A, I extends string>(schema: Schema.Schema<A, I>) =>
  Schema.compose(Schema.Lowercase, schema, { strict: false })

/** As OpenTelemetry writes booleans. */
export const Switch = expecting(
  "\"true\" or \"false\"",
  caseInsensitive(Schema.transformLiterals(["true", true], ["false", false]))
)

/** As https://consoledonottrack.com asks: everything that is not a clear no means yes. */
export const OptOut = expecting(
  "\"1\" or \"0\"",
  Schema.transform(Schema.String, Schema.Boolean, {
    decode: (text) => !["0", "false", "no", "off"].includes(text.trim().toLowerCase()),
    encode: (optOut) => (optOut ? "1" : "0")
  })
)

/** Decodes to the name that `LogLevel.fromLiteral` understands. */
export const LogLevelName = expecting(
  "one of all, trace, debug, info, warning, error, fatal, none",
  caseInsensitive(Schema.transformLiterals(
    ["all", "All"],
    ["trace", "Trace"],
    ["debug", "Debug"],
    ["info", "Info"],
    ["warning", "Warning"],
    ["error", "Error"],
    ["fatal", "Fatal"],
    ["none", "None"]
  ))
)

export const oneOf = <const T extends readonly [string, ...Array<string>]>(names: T) =>
  expecting(`one of ${names.join(", ")}`, Schema.Literal(...names))

/** A key of 32 bytes as text: 64 hexadecimal digits or base64. */
export const bytes32 = /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/

/** Base64 may begin with a slash: a key in the place of its file's path would be told as a file that is missing. */
export const AbsolutePath = expecting(
  "an absolute path",
  Schema.String.pipe(
    Schema.pattern(/^(\/|[A-Za-z]:[\\/]|\\\\)/),
    Schema.filter((text) => !(text.endsWith("=") && bytes32.test(text)))
  )
)

/** Not a standard stream: those are the person's. */
export const FileDescriptor = expecting(
  "a whole number between 3 and 65535",
  Schema.NumberFromString.pipe(Schema.int(), Schema.between(3, 65_535))
)

/** No system starts a program with a NUL in its words. */
const Words = Schema.NonEmptyArray(Schema.NonEmptyString.pipe(Schema.filter((word) => !word.includes("\0"))))

/** Quotes outside a JSON array would be taken for what no shell reads. */
const wordsOf = (text: string): unknown =>
  text.trimStart().startsWith("[")
    ? Option.getOrUndefined(Schema.decodeUnknownOption(Schema.parseJson(Words))(text))
    : /["'\\]/.test(text)
    ? undefined
    : text.trim().split(/\s+/)

/** Decodes to the program and its arguments. */
export const CommandLine = expecting(
  "a program and its arguments, separated by spaces or as a JSON array of strings",
  Schema.transform(
    Schema.String.pipe(Schema.filter((text) => Schema.is(Words)(wordsOf(text)))),
    Words,
    {
      decode: (text) => wordsOf(text) as readonly [string, ...Array<string>],
      encode: (words) => Schema.encodeSync(Schema.parseJson(Words))(words)
    }
  )
)

export const Text = expecting("text", Schema.NonEmptyString)

const pair = /^\s*([^\s=,;]+)\s*=\s*([^,;\s]*)\s*$/

const isPairs = (text: string) =>
  text.split(",").every((part) => {
    const value = pair.exec(part)?.[2]
    return value !== undefined && !/%(?![0-9A-Fa-f]{2})/.test(value)
  })

/** `key=value` joined by commas, values percent-encoded (W3C Baggage without properties, as OpenTelemetry writes maps). */
export const Pairs = expecting(
  "key=value pairs joined by commas",
  Schema.transform(
    Schema.String.pipe(Schema.filter(isPairs)),
    Schema.Record({ key: Schema.String, value: Schema.String }),
    {
      decode: (text) =>
        Object.fromEntries(
          text.split(",").map((part): [string, string] => {
            const [, key = "", value = ""] = pair.exec(part) ?? []
            return [key, decodeURIComponent(value)]
          })
        ),
      encode: (pairs) => Object.entries(pairs).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join(",")
    }
  )
)

export const SecretText = expecting("text", Schema.Redacted(Schema.NonEmptyString))

export const SecretKey = expecting("at least 8 characters", Schema.Redacted(Schema.String.pipe(Schema.minLength(8))))

/** Stays the text it is. */
export const SecretBytes32 = expecting(
  "32 bytes as base64 or hexadecimal digits",
  Schema.Redacted(Schema.String.pipe(Schema.pattern(bytes32)))
)

export const SecretPairs = expecting("key=value pairs joined by commas", Schema.Redacted(Pairs))

const withScheme = (text: string) => (text.includes("://") ? text : `http://${text}`)

const isProxyUrl = (text: string) =>
  URL.canParse(withScheme(text)) && /^https?:$/.test(new URL(withScheme(text)).protocol)

/** As other programs read it: a scheme may be missing, credentials may be there. */
export const ProxyUrl = expecting(
  "an http or https URL",
  Schema.Redacted(
    Schema.transform(Schema.String.pipe(Schema.filter(isProxyUrl)), Schema.String, {
      decode: withScheme,
      encode: (url) => url
    })
  )
)

const pins = /^\s*sha256\/[A-Za-z0-9+/]{43}=\s*(,\s*sha256\/[A-Za-z0-9+/]{43}=\s*)*$/

/** Hashes of public keys as RFC 7469 and other clients write them. */
export const SpkiPins = expecting(
  "`sha256/` and 32 bytes as base64, joined by commas",
  Schema.transform(Schema.String.pipe(Schema.pattern(pins)), Schema.Array(Schema.String), {
    decode: (text) => text.split(",").map((pin) => pin.trim()),
    encode: (list) => list.join(",")
  })
)
