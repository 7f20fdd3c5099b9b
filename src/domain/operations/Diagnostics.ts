/**
 * Whether everything this application needs is there and works.
 */
import { Context } from "effect"
import type { Stream } from "effect"
import type { Check } from "./Check.ts"

export class Diagnostics extends Context.Tag("effect-strata/domain/operations/Diagnostics")<
  Diagnostics,
  {
    /** Each check as soon as it is done, in a fixed order. Looks, changes nothing, prompts nobody; a check that hangs fails after 5 seconds. */
    readonly checks: Stream.Stream<Check>
  }
>() {}
