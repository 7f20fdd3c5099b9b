/**
 * Which attribute, annotation, header and JSON keys name a secret.
 */

const secret =
  /(^|[_.-])(authorization|cookie|set-cookie|password|passwd|passphrase|secret|token|api[-_]?key|signature|sig|credential|session)s?($|[_.-])/i

/** Keys that look like a secret's and are none. */
const allowed: ReadonlySet<string> = new Set([
  "session.id",
  "strata.secret.name",
  "strata.secret.operation",
  "strata.secret.result",
  "strata.secret.backend"
])

/** Keys repeat, so each is judged once; the bound keeps made-up keys from filling the memory. */
const judged = new Map<string, boolean>()
const judgedLimit = 1_000

/** Whether a value under `key` has to be masked. `accessToken`, `access_token` and `access-token` are the same. */
export const isSecretKey = (key: string): boolean => {
  const known = judged.get(key)
  if (known !== undefined) return known
  const result = !allowed.has(key) && secret.test(key.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2"))
  if (judged.size < judgedLimit) judged.set(key, result)
  return result
}
