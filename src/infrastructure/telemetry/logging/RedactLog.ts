/**
 * A log entry as it may be written anywhere.
 */
import { Cause, HashMap, Logger } from "effect"
import { mask } from "../redaction/RedactText.ts"
import { redactError, redactValue } from "../redaction/RedactValue.ts"
import { isSecretKey } from "../redaction/SecretKey.ts"

/** Each failure as its name and message; no stack traces, which hold paths of this machine. */
export const redactCause = (cause: Cause.Cause<unknown>): string =>
  Cause.isInterruptedOnly(cause)
    ? "Interrupted"
    : Cause.prettyErrors(cause).map((error) => redactError(error)).join("; ")

/** Puts the scrubber in front of `logger`: messages, annotations and causes. The cause becomes the annotation `cause`. */
export const redacting = <Output>(logger: Logger.Logger<unknown, Output>): Logger.Logger<unknown, Output> =>
  Logger.mapInputOptions(logger, (options) => {
    const annotations = HashMap.map(
      options.annotations,
      (value, key) => isSecretKey(key) ? mask : redactValue(value)
    )
    return {
      ...options,
      message: redactValue(options.message),
      annotations: Cause.isEmpty(options.cause)
        ? annotations
        : HashMap.set(annotations, "cause", redactCause(options.cause)),
      cause: Cause.empty
    }
  })
