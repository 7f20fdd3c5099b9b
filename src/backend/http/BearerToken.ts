/**
 * The access token of a request that is not decoded by the wire contract.
 */
import { Redacted } from "effect"

/** Empty when there is none, which no session has. */
export const of = (headers: Readonly<Record<string, string>>) => {
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(`${headers["authorization"]}`) ?? []
  return Redacted.make(token)
}
