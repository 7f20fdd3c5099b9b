/**
 * The life of the process.
 */
import { define } from "../SpanDefinition.ts"

export const command = define({
  name: "strata.command",
  doc: "One run of the command line, from its first Layer to its last line",
  attributes: { "strata.command.name": "The subcommand, without its arguments" }
})
