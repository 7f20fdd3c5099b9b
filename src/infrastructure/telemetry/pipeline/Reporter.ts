/**
 * Says once that exports fail, and once that they work again. Stock exporters say nothing at all.
 */
import { Effect, Runtime } from "effect"

const quietMillis = 60_000

export interface Reporter {
  readonly failed: (what: string, reason: string) => void
  readonly succeeded: () => void
}

/** `destination` names the sink in the log; it is redacted like every log line. */
export const make = (destination: string): Effect.Effect<Reporter> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const clock = yield* Effect.clock
    const fork = Runtime.runFork(runtime)
    let failing = false
    let announced = false
    let quietUntil = 0
    return {
      failed: (what, reason) => {
        failing = true
        const now = clock.unsafeCurrentTimeMillis()
        if (announced || now < quietUntil) return
        announced = true
        quietUntil = now + quietMillis
        fork(Effect.logWarning(
          `telemetry: ${destination} does not take ${what} (${reason}), they are being dropped; further messages are held back`
        ))
      },
      succeeded: () => {
        if (!failing) return
        failing = false
        if (!announced) return
        announced = false
        fork(Effect.logInfo(`telemetry: ${destination} takes telemetry again`))
      }
    }
  })

/** What may be said about an exporter's error: its code or class, never its message, which can quote an answer. */
export const reasonOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "unknown"
  if ("code" in error && (typeof error.code === "string" || typeof error.code === "number")) return `${error.code}`
  return "name" in error && typeof error.name === "string" ? error.name : "unknown"
}
