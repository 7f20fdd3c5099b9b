/**
 * Telemetry options that record everything nowhere; a test says where.
 */
import { Option } from "effect"
import type { Collector, TelemetryOptions } from "../../../src/infrastructure/telemetry/TelemetryOptions.ts"

export const options: TelemetryOptions = {
  disabled: false,
  serviceName: "field-notes",
  serviceVersion: "1.2.3",
  environment: "staging",
  resourceAttributes: {},
  sampler: "parentbased_always_on",
  samplerRatio: 1,
  logLevel: "Info",
  stackTraces: false,
  store: Option.none(),
  collector: Option.none()
}

/** To a collector in the test's own process, which may be busy. */
export const to = (endpoint: string): Option.Option<Collector> =>
  Option.some({ endpoint, headers: Option.none(), timeoutMillis: 60_000 })
