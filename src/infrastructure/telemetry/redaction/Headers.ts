/**
 * Headers are recorded only when they are asked for by name.
 */
import { redactText } from "./RedactText.ts"
import { isSecretKey } from "./SecretKey.ts"

/** As `http.request.header.<name>` or `http.response.header.<name>`; a secret's header cannot be allowed. */
export const headerAttributes = (
  side: "request" | "response",
  headers: Readonly<Record<string, string | undefined>>,
  allowed: ReadonlyArray<string>
): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const name of allowed) {
    const value = headers[name]
    if (value !== undefined && !isSecretKey(name)) result[`http.${side}.header.${name}`] = redactText(value)
  }
  return result
}
