/**
 * What is said about settings. No secret's value gets in here, and what others wrote is made safe to print.
 */
import { Option, SchemaAST } from "effect"
import { SettingIssue } from "../../../domain/operations/Setting.ts"
import { bytes32 } from "./SettingSchemas.ts"
import type { SettingSpec } from "./SettingSpec.ts"

export const masked = "[REDACTED]"

/**
 * Text of others without control characters, and without credentials and queries of URLs. What looks like a key is
 * hidden, whichever setting it was given for.
 */
export const printable = (text: string) =>
  bytes32.test(text.trim()) ? masked : text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "\uFFFD")
    .replace(/(:\/\/)[^/?#\s]*@/g, `$1${masked}@`)
    .replace(/\?[^\s#]*/g, `?${masked}`)

/** Printable, and no longer than 80 characters. */
export const shown = (text: string) => {
  const line = printable(text)
  return line.length > 80 ? `${line.slice(0, 79)}\u2026` : line
}

/** What the setting's schema expects, in words. */
export const expectation = (spec: SettingSpec) =>
  Option.getOrElse(SchemaAST.getDescriptionAnnotation(spec.schema.ast), () => "something else")

const issue = (key: string, problem: string, origin: string, fix: Option.Option<string> = Option.none()) =>
  new SettingIssue({
    key: printable(key),
    problem,
    origin,
    ...(Option.isSome(fix) ? { fix: fix.value } : {})
  })

export const notAcceptable = (spec: SettingSpec, text: string, origin: string, suggestion: Option.Option<string>) =>
  issue(
    spec.key,
    spec.secret === true
      ? `is not acceptable (value hidden); expected ${expectation(spec)}`
      : `Expected ${expectation(spec)}, got "${shown(text)}"`,
    origin,
    Option.map(suggestion, (name) => `did you mean ${name}?`)
  )

export const secretReference = (spec: SettingSpec, origin: string) =>
  issue(
    spec.key,
    "refers to a secret store, which settings are not read from",
    origin,
    Option.some(`set ${spec.key}_FILE to the path of a file that holds the value`)
  )

export const secretFileUnusable = (spec: SettingSpec, origin: string, reason: string) =>
  issue(spec.key, `cannot be used: the file that ${spec.key}_FILE names ${reason}`, origin)

const setIt = (spec: SettingSpec, misspelt: Option.Option<{ readonly key: string; readonly origin: string }>) =>
  Option.some(Option.match(misspelt, {
    onSome: ({ key, origin }) => `did you mean to rename ${printable(key)} (set in ${origin})?`,
    onNone: () => `set it, for example ${spec.key}="${spec.example}"`
  }))

/** `misspelt` is a similar name that is set and not known. */
export const required = (
  spec: SettingSpec,
  consulted: ReadonlyArray<string>,
  misspelt: Option.Option<{ readonly key: string; readonly origin: string }>,
  together?: string
) =>
  issue(
    spec.key,
    together === undefined ? "is required" : `is required together with ${together}`,
    `not set in: ${consulted.join(", ")}`,
    setIt(spec, misspelt)
  )

export const unknown = (key: string, origin: string, suggestion: Option.Option<string>) =>
  issue(key, "is not a known setting", origin, Option.map(suggestion, (name) => `did you mean ${name}?`))

export const misplaced = (key: string, origin: string) =>
  issue(
    key,
    "cannot be set here, because it decides which files are read",
    origin,
    Option.some("set it in the environment")
  )

export const exposed = (key: string, origin: string) =>
  issue(
    key,
    "cannot be set here: other processes can read a command line",
    origin,
    Option.some("set it in the environment")
  )

export const fileUnusable = (file: string, reason: string) => issue(file, reason, file)

export const profileMissing = (key: string) =>
  issue(key, "is required when NODE_ENV is production", "not set in: environment", Option.some(`set ${key}=production`))
