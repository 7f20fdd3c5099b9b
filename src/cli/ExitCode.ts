/**
 * The exit code of an outcome: 0 done, 1 failed, 2 wrong usage, 70 a bug (`EX_SOFTWARE`), 78 not configured
 * (`EX_CONFIG`), 128 plus the signal's number when a signal ended it.
 */
import { Cause, Exit, Option, Predicate } from "effect"

const signalNumber: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/** `@effect/cli` fails with a `ValidationError` of one of these tags for words it cannot use. */
const usageTags = new Set([
  "CommandMismatch",
  "CorrectedFlag",
  "InvalidArgument",
  "InvalidValue",
  "KeyValuesDetected",
  "MissingFlag",
  "MissingSubcommand",
  "MissingValue",
  "MultipleValuesDetected",
  "NoBuiltInMatch",
  "UnclusteredFlag"
])

const tagOf = (failure: unknown) => (Predicate.hasProperty(failure, "_tag") ? String(failure._tag) : "")

/** `signal` is the one that asked the process to end, if one did. */
export const exitCode = (exit: Exit.Exit<unknown, unknown>, signal: string | undefined): number => {
  if (Exit.isSuccess(exit)) return signal === undefined ? 0 : 128 + (signalNumber[signal] ?? 0)
  if (Cause.isInterruptedOnly(exit.cause)) return 128 + (signalNumber[signal ?? "SIGINT"] ?? 0)
  return Option.match(Cause.failureOption(exit.cause), {
    onNone: () => 70,
    onSome: (failure) => {
      const tag = tagOf(failure)
      if (tag === "HelpRequested") return 0
      // Ctrl-C at a prompt, which reads it as a key.
      if (tag === "QuitException") return 130
      if (tag === "InvalidSettings") return 78
      return usageTags.has(tag) ? 2 : 1
    }
  })
}
