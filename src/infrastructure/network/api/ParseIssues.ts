/**
 * What may be told of values that do not fit their schema.
 */
import { ParseResult } from "effect"

/** Where values do not fit and how, never the values. */
export const issuesOf = (error: ParseResult.ParseError): ReadonlyArray<string> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).slice(0, 20).map(({ _tag, path }) =>
    `${path.length === 0 ? "(root)" : path.map(String).join(".")}: ${_tag}`
  )
