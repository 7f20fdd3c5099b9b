/**
 * Arguments and options that several commands share.
 */
import * as Args from "@effect/cli/Args"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"

/** `@effect/cli` takes an option it does not know for a positional argument; this refuses it. */
const refuseOption = (value: string) =>
  value.startsWith("-") && value !== "-"
    ? Effect.fail(HelpDoc.p(`Received unknown option: '${value}'`))
    : Effect.succeed(value)

/** One positional text. */
export const text = (name: string, description: string) =>
  Args.text({ name }).pipe(Args.withDescription(description), Args.mapEffect(refuseOption))

/** Any number of positional texts. */
export const texts = (name: string, description: string) =>
  Args.text({ name }).pipe(
    Args.withDescription(description),
    Args.repeated,
    Args.mapEffect((values) => Effect.forEach(values, refuseOption))
  )

export const json = Options.boolean("json").pipe(Options.withDescription("Print one JSON object instead of a table"))
