/**
 * Server addresses of the D-Bus specification, such as `unix:path=/run/user/1000/bus,guid=…;unix:abstract=/tmp/dbus-x`.
 */
import { Option } from "effect"

/** Decodes `%2f`; anything else that is not optionally escaped text gives nothing. */
const unescape = (text: string): string | undefined =>
  /^([\w\-/.\\*]|%[0-9a-f]{2})*$/i.test(text)
    ? Buffer.from(
      text.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
      "latin1"
    ).toString("utf8")
    : undefined

/** `text` cut at the first `mark`. */
const cut = (text: string, mark: string): readonly [string, string] => {
  const at = text.indexOf(mark)
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)]
}

const socketOf = (address: string): Option.Option<string> => {
  const [transport, rest] = cut(address, ":")
  const pairs = new Map(rest.split(",").map((pair) => cut(pair, "=")))
  const path = pairs.get("path")
  const abstract = pairs.get("abstract")
  if (transport !== "unix" || (path === undefined) === (abstract === undefined)) return Option.none()
  const name = unescape(path ?? abstract ?? "")
  if (name === undefined || name === "" || name.includes("\0")) return Option.none()
  return Option.some(path === undefined ? `\0${name}` : name)
}

/**
 * The sockets of an address list, in order, as `net.connect` takes them (an abstract one starts with NUL). Addresses of
 * other transports are left out, as the specification asks of who does not know them.
 */
export const sockets = (addresses: string): ReadonlyArray<string> =>
  addresses.split(";").flatMap((address) => Option.toArray(socketOf(address)))
