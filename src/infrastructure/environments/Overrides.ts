/**
 * Settings given for this run alone (`--set KEY=value`): they go before every other source.
 */
import { Context } from "effect"

export class Overrides extends Context.Reference<Overrides>()("effect-strata/infrastructure/environments/Overrides", {
  defaultValue: (): Readonly<Record<string, string>> => ({})
}) {}
