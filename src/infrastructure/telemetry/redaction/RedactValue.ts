/**
 * Masks secrets in structured values: by key, by type, and inside every text.
 */
import { Redacted } from "effect"
import { mask, redactText } from "./RedactText.ts"
import { isSecretKey } from "./SecretKey.ts"

/** Deeper than this nobody reads, and a cycle has to end somewhere. */
const maximumDepth = 8

/** The same value with secrets masked; objects and arrays are copied, errors become their redacted text. */
export const redactValue = (value: unknown, depth = 0): unknown => {
  if (typeof value === "string") return redactText(value)
  if (typeof value !== "object" || value === null) return value
  if (Redacted.isRedacted(value) || depth > maximumDepth) return mask
  if (value instanceof Error) return redactError(value)
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1))
  if (value instanceof Date || value instanceof URL) return redactText(String(value))
  return redactRecord(value as Record<string, unknown>, depth + 1)
}

/** The same record with secrets masked, by key or inside the value. */
export const redactRecord = (record: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> => {
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(record)) result[key] = isSecretKey(key) ? mask : redactValue(record[key], depth)
  return result
}

/** A name and a message. The message of a `ParseError` quotes the rejected values, so it is left out. */
export const redactError = (error: Error): string => {
  const name = "_tag" in error && typeof error._tag === "string" ? error._tag : error.name
  return name === "ParseError" ? `${name}: a value does not match its schema` : redactText(`${name}: ${error.message}`)
}

/** A text that is JSON is masked key by key, any other by what it looks like. */
export const redactTextOrJson = (text: string): string => {
  const first = text[0]
  if (first !== "{" && first !== "[") return redactText(text)
  try {
    return redactText(JSON.stringify(redactValue(JSON.parse(text))))
  } catch {
    return redactText(text)
  }
}

/** Attributes of a span, an event or a log record. */
export const redactAttributes = <Value>(attributes: Readonly<Record<string, Value>>): Record<string, Value> => {
  const result: Record<string, Value> = {}
  for (const key of Object.keys(attributes)) {
    const value = attributes[key] as Value
    result[key] = isSecretKey(key)
      ? mask as Value
      : typeof value === "string"
      ? redactTextOrJson(value) as Value
      : redactValue(value) as Value
  }
  return result
}
