/**
 * `Diagnostics` with the answers a test gives.
 */
import { Layer, Stream } from "effect"
import type { Check } from "../../../domain/operations/Check.ts"
import { Diagnostics } from "../../../domain/operations/Diagnostics.ts"

export const layer = (checks: ReadonlyArray<Check> = []): Layer.Layer<Diagnostics> =>
  Layer.succeed(Diagnostics, { checks: Stream.fromIterable(checks) })
