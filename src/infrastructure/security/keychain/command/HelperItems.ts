/**
 * Items in the words of the docker-credential protocol: a server URL, a user name and a secret that is text.
 */
import { Option } from "effect"
import type { ItemRef } from "../Keychain.ts"

const root = "https://effect-strata.keychain"

const part = (text: string) => encodeURIComponent(text)

/** Both names, because helpers find items by the URL alone; it has a host, because some take it apart. */
export const urlOf = ({ account, service }: ItemRef): string => `${root}/${part(service)}/${part(account)}`

const decoded = Option.liftThrowable(decodeURIComponent)

/** `none` for items of other programs. */
export const itemOf = (url: string): Option.Option<ItemRef> => {
  const [service, account, ...more] = url.startsWith(`${root}/`) ? url.slice(root.length + 1).split("/") : []
  if (service === undefined || account === undefined || more.length > 0) return Option.none()
  return Option.all({ service: decoded(service), account: decoded(account) })
}

const prefix = "base64:"
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const decodeText = Option.liftThrowable((bytes: Uint8Array) => utf8.decode(bytes))

/** Some helpers cut lines or ends, or refuse nothing at all. */
const isSafe = (text: string) => /^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u.test(text) && !text.startsWith(prefix)

/** Plain text as it is, so that other programs can read it; anything else in base64, marked. Never empty. */
export const encode = (bytes: Uint8Array): string =>
  decodeText(bytes).pipe(
    Option.filter(isSafe),
    Option.getOrElse(() => prefix + Buffer.from(bytes).toString("base64"))
  )

/** `none` when it is marked as base64 and is not. */
export const decode = (secret: string): Option.Option<Uint8Array> => {
  if (!secret.startsWith(prefix)) return Option.some(new TextEncoder().encode(secret))
  const text = secret.slice(prefix.length)
  const bytes = Buffer.from(text, "base64")
  return bytes.toString("base64") === text ? Option.some(new Uint8Array(bytes)) : Option.none()
}
