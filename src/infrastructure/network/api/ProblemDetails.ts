/**
 * What an error's body says about it: problem details (RFC 9457), and whatever is near enough.
 */
import { Option, Predicate, Schema } from "effect"

/** Anything missing or of another type is left out. `issues` are the places of faults, never values. */
export interface Problem {
  readonly type: string | undefined
  readonly issues: ReadonlyArray<string>
}

const parseJson = Schema.decodeUnknownOption(Schema.parseJson(Schema.Unknown))

/** Where a problem's error lies, however the backend writes it; nothing that could be a value. */
const location = (error: unknown): string | undefined => {
  if (typeof error === "string") return error
  if (!Predicate.isRecord(error)) return undefined
  if (Array.isArray(error["path"])) return error["path"].map(String).join(".")
  return ["pointer", "field", "name", "parameter"].map((key) => error[key]).find((value) => typeof value === "string")
}

/** Reads the type and the field names of a problem. */
export const parse = (body: string): Problem => {
  const problem = Option.getOrUndefined(parseJson(body))
  if (!Predicate.isRecord(problem)) return { type: undefined, issues: [] }
  const type = typeof problem["type"] === "string" ? problem["type"] : undefined
  const errors = problem["errors"] ?? problem["issues"]
  if (!Array.isArray(errors)) return { type, issues: [] }
  return { type, issues: errors.slice(0, 20).flatMap((error) => location(error)?.slice(0, 200) ?? []) }
}
