/**
 * What a `ParseError` may say in a log, a span or a message: where and what kind, never the value.
 */
import { ParseResult } from "effect"

/** One line per problem, such as `items.0.title: Type`; the first twenty. */
export const parseIssues = (error: ParseResult.ParseError): ReadonlyArray<string> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).slice(0, 20).map(({ _tag, path }) =>
    `${path.length === 0 ? "(root)" : path.map(String).join(".")}: ${_tag}`
  )
