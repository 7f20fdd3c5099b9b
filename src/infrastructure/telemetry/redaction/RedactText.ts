/**
 * Masks what is recognisable as a secret inside any text: URLs, messages, stack traces, log lines.
 */

export const mask = "[REDACTED]"

/** Longer texts are cut, after masking, so that no half of a secret escapes recognition. */
export const maximumLength = 2_048

const urlKeys =
  "X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|AWSAccessKeyId|X-Goog-Signature|X-Goog-Credential|Signature|sig"
  + "|access_token|refresh_token|id_token|client_secret|token|key|api_?key|apikey|code|code_verifier|state|password|passwd|secret"
  + "|session|assertion|client_assertion"
const named =
  "authorization|cookie|set-cookie|[\\w.-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|signature|credential)s?"

/** One test that rejects most texts before any replacement runs. */
const suspicious =
  /:\/\/|[?&#;]|=|bearer|dpop|eyJ|-----BEGIN|gh[pousr]_|github_pat_|AKIA|ASIA|sk-|[sr]k_|xox|<redacted>|", *actual|, actual |["']\s*:|:\s*[{[]|authorization:|cookie:/i

const rules: ReadonlyArray<readonly [RegExp, string]> = [
  [/"?<redacted(?::[^>]*)?>"?/g, mask],
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, mask],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi, "$1REDACTED:REDACTED@"],
  [new RegExp(`([?&#;]|%3F|%26)(${urlKeys})=[^&\\s#"'<>;]+`, "gi"), "$1$2=REDACTED"],
  [/\b(Bearer|DPoP)\s+[\w.~+/-]+=*/gi, `$1 ${mask}`],
  [/\beyJ[\w-]+(?:\.[\w-]*){1,4}/g, mask],
  [/\b(?:gh[pousr]_|github_pat_)\w+/g, mask],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{8,}/g, mask],
  [/\bsk-[\w-]{8,}|\b[sr]k_(?:live|test)_\w+/g, mask],
  [/\bxox[a-z]-[\w-]+/g, mask],
  // A container under a secret's name: everything that follows goes, since its end cannot be told.
  [new RegExp(`(["']?\\b(?:${named})["']?\\s*[:=]\\s*)[{[][\\s\\S]*$`, "i"), `$1${mask}`],
  [new RegExp(`(["'](?:${named})["']\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|[^\\s,}\\]]+)`, "gi"), `$1"${mask}"`],
  [new RegExp(`\\b((?:${named})=)(?:"(?:[^"\\\\]|\\\\.)*(?:"|$)|[^\\s&,;]+)`, "gi"), `$1${mask}`],
  [/\b((?:proxy-)?authorization:\s*)[^\r\n]+/gi, `$1${mask}`],
  [/\b((?:set-)?cookie:\s*)[^\r\n]+/gi, `$1${mask}`],
  // A schema's message quotes the value that did not fit.
  [/, actual [\s\S]*?(?=\n|$)/g, `, actual ${mask}`]
]

/** Patterns are not run over more than this, so that no text, however long, costs more than a moment. */
const examinedLength = 4 * maximumLength

/** The beginning of a long text, without the word that the cut goes through. */
const examined = (text: string): string => {
  if (text.length <= examinedLength) return text
  let end = examinedLength
  while (end > 0 && !/\s/.test(text[end - 1] ?? "")) end--
  return `${text.slice(0, end)}…`
}

/** The text without user-info in URLs, secret query values, bearer and other well-known tokens, and PEM blocks. */
export const redactText = (text: string): string => {
  let result = examined(text)
  if (suspicious.test(result)) {
    for (const [pattern, replacement] of rules) result = result.replace(pattern, replacement)
  }
  return result.length > maximumLength ? `${result.slice(0, maximumLength - 1)}…` : result
}
