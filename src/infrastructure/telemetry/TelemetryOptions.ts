/**
 * What telemetry is made from.
 */
import type { LogLevel, Option, Redacted } from "effect"

/** Names of the OpenTelemetry specification (`OTEL_TRACES_SAMPLER`). */
export type Sampler =
  | "always_on"
  | "always_off"
  | "traceidratio"
  | "parentbased_always_on"
  | "parentbased_always_off"
  | "parentbased_traceidratio"

export interface Collector {
  /** The base URL of OTLP/HTTP, without a trailing slash. */
  readonly endpoint: string
  readonly headers: Option.Option<Redacted.Redacted<Readonly<Record<string, string>>>>

  /** How long one export may take, 2 seconds when absent. Closing waits for at most 2 seconds, however this is set. */
  readonly timeoutMillis?: number
}

export interface TelemetryOptions {
  /** Records nothing and exports nothing; logs go to stderr all the same. */
  readonly disabled: boolean
  readonly serviceName: string
  readonly serviceVersion: string

  /** `deployment.environment.name`: the profile. */
  readonly environment: string
  readonly resourceAttributes: Readonly<Record<string, string>>
  readonly sampler: Sampler
  readonly samplerRatio: number
  readonly logLevel: LogLevel.Literal

  /** Also record stack traces, which hold paths of this machine, and SQL texts. Off where spans leave it. */
  readonly stackTraces: boolean

  /** The file of the local trace store. */
  readonly store: Option.Option<string>
  readonly collector: Option.Option<Collector>
}
